import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLight, ModelManifest } from '../contract/manifest.ts';

const KEEP_HEAP = { MALLOC_TRIM_THRESHOLD_: '4294967296', MALLOC_ARENA_MAX: '1' } as const;

/**
 * How glibc keeps a worker's memory, read when the process starts: what a photo frees stays in the process, since the next
 * one needs the same and fresh pages cost time.
 */
export const MALLOC_SETTINGS = Object.freeze({
  /**
   * With a heavy network blocks of 1 MB and more go back. Loading one leaves hundreds of MB of those behind, in holes too small for its
   * activations: IS-Net's peak at 12 MP falls from 1,219 to 951 MiB by it, for 20 to 75 ms of CPU a photo.
   */
  heavy: { MALLOC_MMAP_THRESHOLD_: '1048576', ...KEEP_HEAP },
  /** What a light one leaves behind suits its activations, which need no arena of onnxruntime's then. */
  light: { MALLOC_MMAP_THRESHOLD_: '33554432', ...KEEP_HEAP },
});

/**
 * Chooses the settings for a worker that will load the networks in these folders.
 *
 * @returns Those for heavy networks where one is heavy or cannot be looked at.
 */
export function mallocSettings(modelFolders: readonly (string | undefined)[]): Readonly<Record<string, string>> {
  const given = modelFolders.filter((folder) => folder !== undefined);
  return MALLOC_SETTINGS[given.length > 0 && given.every(holdsLightModel) ? 'light' : 'heavy'];
}

function holdsLightModel(folder: string): boolean {
  try {
    return isLight(ModelManifest.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))));
  } catch {
    // Whoever loads it says what is wrong with it.
    return false;
  }
}
