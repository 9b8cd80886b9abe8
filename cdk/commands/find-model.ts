import { startProgress } from '#models/commands/progress-line.ts';
import { ModelError } from '#models/errors.ts';
import { ensureModel } from '#models/fetch.ts';
import type { PackedModel } from '#models/pack.ts';
import { UsageError } from './usage-error.ts';

/** Finds the model of `--model`, fetching it where it is not here yet. @throws {UsageError} when there is no such model. */
export async function findModel(idOrFolder: string): Promise<PackedModel> {
  const progress = startProgress(idOrFolder);
  try {
    return await ensureModel(idOrFolder, { onProgress: progress.report });
  } catch (error) {
    if (error instanceof ModelError && error.code === 'unknown_model') throw new UsageError(error.message);
    throw error;
  } finally {
    progress.stop();
  }
}

/** Networks that cost a download of 5 to 180 MB to ask. */
const KNOWN_MACS: Readonly<Record<string, number>> = {
  isnet: 159.6e9,
  'isnet-general-use': 159.6e9,
  u2net: 58.6e9,
  u2netp: 19.8e9,
};

/** Multiply-accumulates of one run. Fetches the model where only its file can say. @throws {UsageError} when there is no such model. */
export async function macsOf(idOrFolder: string): Promise<number> {
  return KNOWN_MACS[idOrFolder] ?? (await findModel(idOrFolder)).manifest.macs;
}
