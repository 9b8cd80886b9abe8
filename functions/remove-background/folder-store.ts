import { createHash, hash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pipeline } from 'node:stream/promises';
import {
  type PhotoAddress,
  type PhotoStore,
  type PhotoVersion,
  type StoredPhoto,
  type StoredResult,
  StoreError,
  type WriteOptions,
} from './photo-store.ts';

/** Beside the results, for what only Cutline reads: unfinished files and the lock. */
const PRIVATE_FOLDER = '.cutline';

/**
 * Photos in one folder, results in another: S3's promises on a disk.
 *
 * A file's ETag is the SHA-256 of its content, so that a copied or touched photo is still the same photo. A job's bucket
 * is not looked at: there is one folder of photos.
 */
export class FolderStore implements PhotoStore {
  readonly #photos: string;
  readonly #cutouts: string;
  readonly #unfinished: string;
  readonly #lock: DatabaseSync;

  /** Creates the folder of results where there is none. @throws {StoreError} when it can't be written to. */
  constructor({ photos, cutouts }: { readonly photos: string; readonly cutouts: string }) {
    this.#photos = resolve(photos);
    this.#cutouts = resolve(cutouts);
    this.#unfinished = join(this.#cutouts, PRIVATE_FOLDER, 'unfinished');
    mkdirSync(this.#unfinished, { recursive: true });
    // A database is the one lock in Node that the system itself frees when its holder is killed. Nothing is stored in it.
    this.#lock = new DatabaseSync(join(this.#cutouts, PRIVATE_FOLDER, 'write-lock.sqlite'));
    this.#lock.exec('PRAGMA busy_timeout = 30000');
  }

  async photoVersion({ key }: PhotoAddress): Promise<PhotoVersion | null> {
    const path = pathInside(this.#photos, key);
    return await orNull(path, async () => {
      const { size } = await stat(path);
      const content = createHash('sha256');
      await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), content);
      return { etag: content.digest('hex'), sizeBytes: size, metadata: {} };
    });
  }

  async readPhoto({ key }: PhotoAddress): Promise<StoredPhoto | null> {
    return await this.#read(pathInside(this.#photos, key));
  }

  async readResult(key: string): Promise<StoredResult | null> {
    return await this.#read(pathInside(this.#cutouts, key));
  }

  async resultEtag(key: string): Promise<string | null> {
    return (await this.readResult(key))?.etag ?? null;
  }

  async writeResult(key: string, bytes: Uint8Array, { expected }: WriteOptions): Promise<boolean> {
    const path = pathInside(this.#cutouts, key);
    const unfinished = join(this.#unfinished, randomUUID());
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(unfinished, bytes);
      return this.#locked(() => {
        const current = existsSync(path) ? etagOf(readFileSync(path)) : null;
        if (current !== expected) return false;
        renameSync(unfinished, path);
        return true;
      });
    } catch (error) {
      throw storeError(error, path);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async deleteResult(key: string): Promise<void> {
    const path = pathInside(this.#cutouts, key);
    await rm(path, { force: true }).catch((error: unknown) => {
      throw storeError(error, path);
    });
  }

  async #read(path: string): Promise<{ bytes: Uint8Array; etag: string } | null> {
    return await orNull(path, async () => {
      const bytes = await readFile(path);
      return { bytes, etag: etagOf(bytes) };
    });
  }

  /** Runs alone among all processes that share the folder of results. */
  #locked<T>(run: () => T): T {
    this.#lock.exec('BEGIN EXCLUSIVE');
    try {
      return run();
    } finally {
      this.#lock.exec('ROLLBACK');
    }
  }
}

function etagOf(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}

/** Jobs with `..` are refused long before; this holds whatever calls. */
function pathInside(folder: string, key: string): string {
  const path = resolve(folder, key);
  if (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
    throw new Error(`Expected a key inside "${folder}", got ${JSON.stringify(key)}`);
  }
  return path;
}

async function orNull<T>(path: string, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw storeError(error, path);
  }
}

function storeError(error: unknown, path: string): StoreError {
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StoreError(
        'disk_full',
        `Expected room for "${path}", got a full disk. Free some space and run again.`,
        { cause: error },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError('access_denied', `Expected to be allowed to use "${path}", got a refusal by the system.`, {
        cause: error,
      });
    default:
      return new StoreError('unavailable', `Expected to use "${path}", got ${codeOf(error) ?? String(error)}.`, {
        cause: error,
      });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
