import type { Choice } from '../protocol.ts';

/** A record in a listing. */
export interface ListedRecord {
  /** Of its photo. */
  readonly key: string;
  /** Changes whenever the record does; cheap to know, so not its ETag. */
  readonly stamp: string;
}

/** A result as its store holds it now. */
export interface StoredFile {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** A photo that was found under a key. */
export interface FoundPhoto {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Photos to cut out. */
export interface WorkRequest {
  readonly keys: readonly string[];
  readonly choice: Choice;
}

export interface WorkFailure {
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** Hears how work is going. */
export interface WorkObserver {
  readonly onProgress: (progress: { readonly finished: number; readonly total: number }) => void;
  /** A photo's record may have changed. */
  readonly onPhoto: (key: string) => void;
  readonly onFailure: (failure: WorkFailure) => void;
}

/**
 * Where a batch lies that the studio shows: the port to the local pipeline's folders or to a deployed stack.
 *
 * Writes are conditional as in the pipeline itself: a result only replaces the version its writer has seen.
 */
export interface StudioStore {
  readonly kind: 'folder' | 'cloud';
  /** For a person to recognise it by. */
  readonly title: string;
  /** The folder whose report has to follow what is decided, and where its contact sheet finds the photos; null where there is none. */
  readonly reported: { readonly src: string; readonly otherSrc: readonly string[]; readonly dst: string } | null;
  /** Whether a run can be told which network to use. */
  readonly canChooseModel: boolean;
  listRecords(): Promise<readonly ListedRecord[]>;
  /** @returns A result or a record, or null where there is none. @throws {StudioError} `outside` */
  readResult(key: string): Promise<StoredFile | null>;
  /** @returns The photo, preferably the version with this ETag; null where there is none. @throws {StudioError} `outside` */
  readPhoto(source: {
    readonly bucket: string;
    readonly key: string;
    readonly etag: string;
  }): Promise<FoundPhoto | null>;
  /** @returns Whether it was written; false where somebody else wrote in between. */
  writeResult(
    key: string,
    bytes: Uint8Array,
    options: { readonly contentType: string; readonly expected: string | null },
  ): Promise<boolean>;
  deleteResult(key: string): Promise<void>;
  /** Takes a photo in. @param file A complete file, which is moved or read. @returns Its key: another than `name` where that is taken by another photo. */
  addPhoto(name: string, file: string): Promise<string>;
  /** Cuts photos out, and ends when all have ended or at `signal`. @returns What a person should know of its end, or null. */
  work(request: WorkRequest, observer: WorkObserver, signal: AbortSignal): Promise<string | null>;
  close(): Promise<void>;
}
