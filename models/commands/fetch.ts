import { fetchModel } from '../fetch.ts';
import { startProgress } from './progress-line.ts';

/** Fetches one catalogue model into the cache and says where it is. */
export async function fetchCommand(id: string, options: { from?: string; mirror?: string }): Promise<void> {
  const progress = startProgress(id);
  try {
    const { folder, manifest } = await fetchModel(id, { ...options, onProgress: progress.report });
    progress.stop();
    console.log(`${folder}: ${describeSize(manifest)}`);
  } finally {
    progress.stop();
  }
}

/** A model's figures in one line. */
export function describeSize(model: { parameters: number; macs: number; bytes: number }): string {
  const [millions, giga, megabytes] = [model.parameters / 1e6, model.macs / 1e9, model.bytes / 1e6];
  return `${millions.toFixed(2)} M parameters, ${giga.toFixed(1)} GMAC, ${megabytes.toFixed(1)} MB`;
}
