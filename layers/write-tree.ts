import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a layer. */
export interface LayerFile {
  /** Relative to the layer, with `/`. */
  readonly path: string;
  /** A file to copy, or the content itself. */
  readonly source: string | Uint8Array;
}

/** What a written layer amounts to. */
export interface LayerSize {
  readonly files: number;
  readonly bytes: number;
  /** Of the list of all paths with their files' sha256: the same for the same content, wherever it was packed. */
  readonly sha256: string;
}

/** The oldest time a zip file can hold, so that archives of the tree are the same bytes too. */
const LAYER_TIME = new Date('1980-01-01T00:00:00Z');
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;

/**
 * Writes a folder that depends on nothing but the files' content: order, times and modes are always the same. It appears
 * as a whole or not at all, and replaces what was there.
 */
export async function writeTree(folder: string, files: readonly LayerFile[]): Promise<LayerSize> {
  const draft = `${folder}.${randomUUID()}`;
  try {
    const size = await fillDraft(
      draft,
      files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    );
    await replaceFolder(draft, folder);
    return size;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function fillDraft(draft: string, files: readonly LayerFile[]): Promise<LayerSize> {
  const list = createHash('sha256');
  const folders = new Set([draft]);
  let bytes = 0;
  await mkdir(draft, { recursive: true, mode: FOLDER_MODE });
  for (const { path, source } of files) {
    const content = typeof source === 'string' ? await readFile(source) : source;
    const target = join(draft, path);
    for (let parent = dirname(target); !folders.has(parent); parent = dirname(parent)) folders.add(parent);
    await mkdir(dirname(target), { recursive: true, mode: FOLDER_MODE });
    await writeFile(target, content, { mode: FILE_MODE });
    await utimes(target, LAYER_TIME, LAYER_TIME);
    list.update(`${createHash('sha256').update(content).digest('hex')}  ${path}\n`);
    bytes += content.length;
  }
  for (const parent of folders) await utimes(parent, LAYER_TIME, LAYER_TIME);
  return { files: files.length, bytes, sha256: list.digest('hex') };
}

/** A folder that isn't empty cannot be renamed over, so the old one steps aside first. */
async function replaceFolder(draft: string, folder: string): Promise<void> {
  const old = `${folder}.${randomUUID()}`;
  await rename(folder, old).catch(() => {});
  await rename(draft, folder);
  await rm(old, { recursive: true, force: true });
}
