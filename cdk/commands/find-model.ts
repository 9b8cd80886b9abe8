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
