/** Which version of a photo its store holds now. */
export interface PhotoVersion {
  /** Changes whenever the content does. */
  readonly etag: string;
  readonly sizeBytes: number;
  /** User metadata, keys in lower case without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A photo that was read. */
export interface StoredPhoto {
  readonly bytes: Uint8Array;
  readonly etag: string;
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
  /** @returns The photo's current version, or null when there is none at that address. */
  photoVersion(address: PhotoAddress): Promise<PhotoVersion | null>;
  /** @returns The photo itself, or null when there is none. */
  readPhoto(address: PhotoAddress): Promise<StoredPhoto | null>;
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
  /** Removes a result that no record names any more; nothing happens where it is gone already. */
  deleteResult(key: string): Promise<void>;
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
