import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { StudioError } from './studio-error.ts';

/**
 * The real path of a file in a folder that may be served.
 *
 * Looks at where links lead, too: a folder of photos that somebody else filled could hold one to a private file.
 *
 * @param root A real path. @returns Null where there is no such file. @throws {StudioError} `outside`
 */
export async function servedPath(root: string, key: string): Promise<string | null> {
  const wanted = resolve(root, key);
  if (key.includes('\0') || !isInside(root, wanted)) throw outside(key);
  const real = await realpath(wanted).catch(() => null);
  if (real === null) return null;
  if (!isInside(root, real)) throw outside(key);
  return real;
}

function isInside(root: string, path: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function outside(key: string): StudioError {
  return new StudioError('outside', `Expected a file inside the served folders, got ${JSON.stringify(key)}.`);
}
