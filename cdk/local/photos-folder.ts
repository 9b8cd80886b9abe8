import { type Dirent, existsSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { RunError } from './run-error.ts';

/** Where a target folder keeps the run's own files. A folder that has it holds cutouts, not photos. */
export const STATE_FOLDER = '.cutline';

/**
 * Lists a folder's photos, subfolders included, as keys with `/`, sorted by code unit.
 *
 * Follows links to files and folders, but not back into a folder it is in. Leaves out Cutline's own results (`exclude` and
 * every folder with a `.cutline`) and the `._*` companions that macOS leaves on foreign disks.
 *
 * @param options.exclude Real paths of folders to leave out. @throws {RunError} `source_unreadable`.
 */
export async function listPhotos(folder: string, options: { readonly exclude: readonly string[] }): Promise<string[]> {
  const keys: string[] = [];
  await walk(folder, { prefix: '', above: [], exclude: options.exclude, keys });
  return keys.sort();
}

/** The key of a file in a folder: its path from there, with `/`. */
export function keyOf(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}

/** Whether a file name is a photo's and not a companion file. */
export function isPhotoName(name: string): boolean {
  return isPhotoKey(name) && !name.startsWith('._');
}

/** Whether a folder holds Cutline's results. */
export function isResultFolder(folder: string): boolean {
  return existsSync(join(folder, STATE_FOLDER));
}

interface Walk {
  /** Key of the folder, with a final `/`. */
  readonly prefix: string;
  /** Real paths of the folders it lies in. */
  readonly above: readonly string[];
  readonly exclude: readonly string[];
  readonly keys: string[];
}

async function walk(folder: string, { prefix, above, exclude, keys }: Walk): Promise<void> {
  const real = await realpath(folder);
  const isRoot = above.length === 0;
  if (above.includes(real) || exclude.includes(real) || (!isRoot && isResultFolder(folder))) return;

  for (const entry of await entriesOf(folder)) {
    const kind = await kindOf(folder, entry);
    if (kind === 'folder' && entry.name !== STATE_FOLDER) {
      const inside = { prefix: `${prefix}${entry.name}/`, above: [...above, real], exclude, keys };
      await walk(join(folder, entry.name), inside);
    }
    if (kind === 'file' && isPhotoName(entry.name)) keys.push(prefix + entry.name);
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new RunError('source_unreadable', `Expected a folder that can be read, got ${folder}. Allow reading it.`, {
      cause,
    });
  }
}

/** A link counts as what it points to, a broken one as a file: its photo is then reported as missing rather than forgotten. */
async function kindOf(folder: string, entry: Dirent): Promise<'file' | 'folder' | 'other'> {
  const facts = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => null) : entry;
  if (facts === null || facts.isFile()) return 'file';
  return facts.isDirectory() ? 'folder' : 'other';
}
