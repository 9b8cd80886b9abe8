import { hash } from 'node:crypto';
import type {
  PhotoAddress,
  PhotoStore,
  PhotoVersion,
  StoredPhoto,
  StoredResult,
  WriteOptions,
} from '#functions/remove-background/photo-store.ts';

/** The port's promises in the plainest way, for tests that look between two calls. */
export class MemoryStore implements PhotoStore {
  readonly photos = new Map<string, Uint8Array>();
  readonly results = new Map<string, Uint8Array>();

  async photoVersion({ key }: PhotoAddress): Promise<PhotoVersion | null> {
    const bytes = this.photos.get(key);
    return bytes === undefined ? null : { etag: etagOf(bytes), sizeBytes: bytes.length, metadata: {} };
  }

  async readPhoto({ key }: PhotoAddress): Promise<StoredPhoto | null> {
    return withEtag(this.photos.get(key));
  }

  async readResult(key: string): Promise<StoredResult | null> {
    return withEtag(this.results.get(key));
  }

  async resultEtag(key: string): Promise<string | null> {
    return withEtag(this.results.get(key))?.etag ?? null;
  }

  async writeResult(key: string, bytes: Uint8Array, { expected }: WriteOptions): Promise<boolean> {
    if ((withEtag(this.results.get(key))?.etag ?? null) !== expected) return false;
    this.results.set(key, bytes);
    return true;
  }

  async deleteResult(key: string): Promise<void> {
    this.results.delete(key);
  }
}

function withEtag(bytes: Uint8Array | undefined) {
  return bytes === undefined ? null : { bytes, etag: etagOf(bytes) };
}

function etagOf(bytes: Uint8Array): string {
  return hash('md5', bytes);
}
