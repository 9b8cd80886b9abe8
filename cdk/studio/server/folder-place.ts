import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { mkdir, readdir, readFile, realpath, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { FolderStore } from '#functions/remove-background/folder-store.ts';
import { forEachAtOnce } from '../../batch/objects.ts';
import { knownSources } from '../../local/run-folders.ts';
import { freeName } from './free-name.ts';
import { servedPath } from './served-folder.ts';
import { StudioError } from './studio-error.ts';
import type { FoundPhoto, ListedRecord, StoredFile, StudioStore, WorkObserver, WorkRequest } from './studio-store.ts';

/** Runs the pipeline over some photos of a folder. */
export type RunPhotos = (
  folders: { readonly src: string; readonly dst: string },
  request: WorkRequest,
  observer: WorkObserver,
  signal: AbortSignal,
) => Promise<string | null>;

export interface FolderPlaceOptions {
  /** Folder of results; made where there is none. */
  readonly dst: string;
  /** Folder of the photos, where the results do not say. @default those that were cut out into `dst` */
  readonly photos?: string | undefined;
  readonly run: RunPhotos;
}

/** Below the results, for photos that come in here. */
const UPLOADS = 'photos';

/** The local pipeline's folders as the studio sees them. */
export async function openFolderPlace({ dst, photos, run }: FolderPlaceOptions): Promise<StudioStore> {
  await mkdir(join(dst, UPLOADS), { recursive: true });
  const root = await realpath(dst);
  const uploads = await realpath(join(root, UPLOADS));
  const given = photos === undefined ? await knownSources(root) : [photos];
  const sources = await existing(given);
  return new FolderPlace({ root, uploads, sources: [...new Set([...sources, uploads])], run });
}

interface Folders {
  readonly root: string;
  readonly uploads: string;
  /** Real paths, `uploads` among them. */
  readonly sources: readonly string[];
  readonly run: RunPhotos;
}

class FolderPlace implements StudioStore {
  readonly kind = 'folder';
  readonly canChooseModel = true;
  readonly title: string;
  readonly reported: NonNullable<StudioStore['reported']>;
  readonly #folders: Folders;
  readonly #results: FolderStore;

  constructor(folders: Folders) {
    this.title = folders.root;
    const [src = folders.uploads, ...otherSrc] = folders.sources;
    this.reported = { src, otherSrc, dst: folders.root };
    this.#folders = folders;
    this.#results = new FolderStore({ photos: folders.uploads, cutouts: folders.root });
  }

  async listRecords(): Promise<readonly ListedRecord[]> {
    const folder = join(this.#folders.root, 'records');
    const names = await recordNames(folder);
    const listed = await forEachAtOnce(names, async (name): Promise<ListedRecord | null> => {
      const facts = await stat(join(folder, name)).catch(() => null);
      if (facts === null) return null;
      return { key: name.slice(0, -'.json'.length), stamp: `${facts.mtimeMs} ${facts.size} ${facts.ino}` };
    });
    return listed.filter((record) => record !== null);
  }

  async readResult(key: string): Promise<StoredFile | null> {
    if ((await servedPath(this.#folders.root, key)) === null) return null;
    return await this.#results.readResult(key);
  }

  async readPhoto({ key, etag }: { readonly key: string; readonly etag: string }): Promise<FoundPhoto | null> {
    let other: FoundPhoto | null = null;
    for (const source of this.#folders.sources) {
      const path = await servedPath(source, key);
      const bytes = path === null ? null : await readFile(path).catch(() => null);
      if (bytes === null) continue;
      const found = { bytes, etag: createHash('sha256').update(bytes).digest('hex') };
      if (found.etag === etag) return found;
      other ??= found;
    }
    return other;
  }

  async writeResult(
    key: string,
    bytes: Uint8Array,
    options: { readonly contentType: string; readonly expected: string | null },
  ): Promise<boolean> {
    return await this.#results.writeResult(key, bytes, options);
  }

  async deleteResult(key: string): Promise<void> {
    await this.#results.deleteResult(key);
  }

  async addPhoto(name: string, file: string): Promise<string> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    const etag = hash.digest('hex');
    const key = await freeName(name, async (candidate) => {
      const taken = await this.readPhoto({ key: candidate, etag });
      return taken === null || taken.etag === etag;
    });
    const path = join(this.#folders.uploads, key);
    // The same photo may lie in its own folder already: it is not copied beside itself.
    if ((await this.readPhoto({ key, etag })) === null) await rename(file, path);
    return key;
  }

  async work({ keys, choice }: WorkRequest, observer: WorkObserver, signal: AbortSignal): Promise<string | null> {
    let message: string | null = null;
    for (const [src, own] of await this.#bySource(keys, observer)) {
      if (signal.aborted) break;
      const request = { keys: own, choice };
      message = (await this.#folders.run({ src, dst: this.#folders.root }, request, observer, signal)) ?? message;
    }
    return message;
  }

  async close(): Promise<void> {}

  /** A run has one folder of photos: the first that has the photo, as it was when it was cut out where there was a record. */
  async #bySource(keys: readonly string[], observer: WorkObserver): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const key of keys) {
      const source = await this.#sourceOf(key);
      if (source === null) {
        observer.onFailure({ key, code: 'source_missing', message: 'The photo is not there any more.' });
      } else {
        found.set(source, [...(found.get(source) ?? []), key]);
      }
    }
    return found;
  }

  async #sourceOf(key: string): Promise<string | null> {
    if (!isPhotoKey(key)) return null;
    for (const source of this.#folders.sources) {
      const path = await servedPath(source, key).catch((error: unknown) => {
        if (error instanceof StudioError) return null;
        throw error;
      });
      if (path !== null) return source;
    }
    return null;
  }
}

async function existing(folders: readonly string[]): Promise<string[]> {
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => null)));
  return real.filter((folder) => folder !== null);
}

/** Paths below a folder, with `/`, of files that end like records. */
async function recordNames(folder: string, prefix = ''): Promise<string[]> {
  const entries: Dirent[] = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) names.push(...(await recordNames(folder, `${prefix}${entry.name}/`)));
    else if (entry.isFile() && entry.name.endsWith('.json')) names.push(prefix + entry.name);
  }
  return names;
}
