import type { Stats } from 'node:fs';
import { basename } from 'node:path';
import { watch } from 'chokidar';
import { isPhotoName, isResultFolder, keyOf, STATE_FOLDER } from './photos-folder.ts';

/** A photo counts as complete when its size has not changed for this long: cameras and network drives write slowly. */
const SETTLED_MS = 2000;

/**
 * Reports photos that are added to a folder or changed in it, once each is written completely.
 *
 * @param options.exclude Real paths of folders to leave out. @returns A function that ends the watching.
 */
export async function watchPhotos(
  folder: string,
  options: {
    readonly exclude: readonly string[];
    readonly onPhoto: (key: string) => void;
    readonly settledMs?: number;
  },
): Promise<() => Promise<void>> {
  const { exclude, onPhoto, settledMs = SETTLED_MS } = options;
  const watcher = watch(folder, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: settledMs, pollInterval: Math.min(settledMs, 200) },
    ignored: (path, stats) => path !== folder && isIgnored(path, stats, exclude),
  });
  watcher.on('add', (path) => onPhoto(keyOf(folder, path)));
  watcher.on('change', (path) => onPhoto(keyOf(folder, path)));
  await new Promise<void>((resolve, reject) => {
    watcher.once('ready', resolve);
    watcher.once('error', reject);
  });
  return () => watcher.close();
}

function isIgnored(path: string, stats: Stats | undefined, exclude: readonly string[]): boolean {
  if (exclude.includes(path) || basename(path) === STATE_FOLDER) return true;
  if (stats?.isDirectory()) return isResultFolder(path);
  return stats?.isFile() === true && !isPhotoName(basename(path));
}
