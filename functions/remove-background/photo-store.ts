/** A photo as its store holds it now. */
export interface StoredPhoto {
  readonly bytes: Uint8Array;
  /** Changes whenever the content does. */
  readonly etag: string;
  /** User metadata, keys in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a photo lies. */
export interface PhotoAddress {
  readonly bucket: string;
  readonly key: string;
}

/** A result as its store holds it now. */
export interface StoredResult {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/**
 * Where photos come from and results go: the port between `processJob` and S3 or a folder.
 *
 * Writes are conditional and atomic: a result is either entirely the new one or entirely the old one, and only replaces
 * the version its writer has seen. Every method throws {@link StoreError} for a passing fault.
 */
export interface PhotoStore {
  /** @returns The photo, or null when there is none at that address. */
  readPhoto(address: PhotoAddress, limits: { readonly maxBytes: number }): Promise<StoredPhoto | null>;
  /** @returns The photo's current ETag without reading it, where the store can, or null when it is gone. */
  photoEtag(address: PhotoAddress): Promise<string | null>;
  /** @returns The result's bytes and ETag, or null when there is none. */
  readResult(key: string): Promise<StoredResult | null>;
  /** @returns The result's ETag, or null when there is none. */
  resultEtag(key: string): Promise<string | null>;
  /**
   * Writes a result if what is there now still has the ETag `expected` (null: if nothing is there).
   *
   * @returns Whether it was written; false means somebody else wrote in between.
   */
  writeResult(key: string, bytes: Uint8Array, options: WriteOptions): Promise<boolean>;
}

export interface WriteOptions {
  readonly contentType: string;
  /** ETag of the version to replace, or null where there must be none. */
  readonly expected: string | null;
}

type StoreErrorCode = 'disk_full' | 'access_denied' | 'throttled' | 'unavailable';

/** A store that did not do what it was asked: worth another try, so the message goes back to the queue. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly retryable = true;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
