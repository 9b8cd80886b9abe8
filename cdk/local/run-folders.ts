import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { STATE_FOLDER } from './photos-folder.ts';
import { RunError } from './run-error.ts';

/** The folders of one run, all absolute and free of links. */
export interface RunFolders {
  readonly src: string;
  readonly dst: string;
  /** `dst/.cutline`: the lock, the queue and the workers' log. */
  readonly state: string;
  /** The queue's own. A target keeps one for each source, because keys mean nothing in another. */
  readonly queue: string;
}

/** Checks a run's two folders and makes the target where it is missing. @throws {RunError} that says what is wrong with them. */
export async function prepareFolders(src: string, dst: string): Promise<RunFolders> {
  const realSrc = await requireSource(src);
  const present = await realpath(dst).catch(() => null);
  // Before anything is written: an overlapping target would get its state folder among the photos.
  if (present !== null) refuseOverlap(realSrc, present);
  const realDst = await writableFolder(dst);
  const state = join(realDst, STATE_FOLDER);
  const name = createHash('sha256').update(realSrc).digest('hex').slice(0, 16);
  await mkdir(join(state, SOURCES), { recursive: true });
  await writeFile(join(state, SOURCES, name), realSrc);
  return { src: realSrc, dst: realDst, state, queue: join(state, 'queue', name) };
}

/** Inside the state folder: a file for each folder whose photos were cut out into this target, so that whoever looks at the results finds them. */
const SOURCES = 'sources';

/** @returns The folders whose photos were cut out into a target, as they were called then. */
export async function knownSources(dst: string): Promise<string[]> {
  const folder = join(dst, STATE_FOLDER, SOURCES);
  const names = await readdir(folder).catch(() => []);
  return await Promise.all(names.sort().map((name) => readFile(join(folder, name), 'utf8')));
}

function refuseOverlap(src: string, dst: string): void {
  const results = ['cutouts', 'records', STATE_FOLDER].map((name) => join(dst, name));
  if (src === dst || results.some((folder) => `${src}${sep}`.startsWith(`${folder}${sep}`))) {
    throw new RunError(
      'target_overlaps_source',
      `Expected photos and cutouts in different folders, got ${src} and ${dst}. Choose another folder for the cutouts.`,
    );
  }
}

/** @returns The real path of a folder of photos. @throws {RunError} `source_missing`. */
export async function requireSource(path: string): Promise<string> {
  const facts = await stat(path).catch(() => null);
  if (facts?.isDirectory()) return realpath(path);
  const hint = facts?.isFile() ? `For one photo: cutline run ${path} - > cutout.png` : 'Check its spelling.';
  throw new RunError('source_missing', `Expected a folder of photos, got ${path}. ${hint}`);
}

async function writableFolder(path: string): Promise<string> {
  try {
    const state = resolve(path, STATE_FOLDER);
    await makeFolder(state);
    const probe = join(state, `probe-${process.pid}`);
    await writeFile(probe, '');
    await rm(probe);
    return await realpath(path);
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
    throw new RunError(
      'target_unwritable',
      `Expected a folder that can be written, got ${path}${why}. Allow writing to it, or choose another.`,
      { cause },
    );
  }
}

/** Makes a folder and what is missing above it, one by one: asked to do that itself, Node never returns from some places (/proc). */
async function makeFolder(path: string): Promise<void> {
  if (await stat(path).catch(() => null)) return;
  await makeFolder(dirname(path));
  await mkdir(path);
}
