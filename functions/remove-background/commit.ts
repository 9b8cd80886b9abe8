import type { CutoutJob } from '../contract/job.ts';
import { recordKey } from '../contract/output-keys.ts';
import { PhotoRecord, type RejectionCode } from '../contract/record.ts';
import { type PhotoStore, StoreError } from './photo-store.ts';

/** A photo's record as it was found, with the ETag a newer one must replace. */
export interface SeenRecord {
  /** Null where the file could not be understood: it is written anew. */
  readonly record: PhotoRecord | null;
  readonly etag: string;
}

export async function readRecord(store: PhotoStore, key: string): Promise<SeenRecord | null> {
  const stored = await store.readResult(recordKey(key));
  if (stored === null) return null;
  return { record: parseRecord(stored.bytes), etag: stored.etag };
}

function parseRecord(bytes: Uint8Array): PhotoRecord | null {
  try {
    return PhotoRecord.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}

/** These say something about the workers' settings, which may have changed since, and not about the photo alone. */
const DEPENDS_ON_SETTINGS: ReadonlySet<RejectionCode> = new Set([
  'too_many_bytes',
  'too_many_pixels',
  'model_unavailable',
]);

/** Whether a record answers the job that carries this fingerprint, and its cutouts are still there: nothing to do. */
export async function isSettled(record: PhotoRecord, fingerprint: string, store: PhotoStore): Promise<boolean> {
  if (record.fingerprint !== fingerprint) return false;
  if (record.status === 'rejected') return !DEPENDS_ON_SETTINGS.has(record.code);
  for (const { key } of record.outputs) if ((await store.resultEtag(key)) === null) return false;
  return true;
}

interface ConditionalWrite {
  readonly job: CutoutJob;
  /** ETag of the photo that the result was made of. */
  readonly etag: string;
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** ETag of the result as it was before the photo was read; null where there was none. */
  readonly expected: string | null;
}

/** Each lost race means that another worker got on, so a handful is plenty. */
const MOST_RACES = 10;

/**
 * Writes a result unless its photo has been replaced meanwhile.
 *
 * A write that meets a result it has not seen looks at that result first and at the photo second. If the other writer had a
 * newer photo, that photo was in the store before its result was, so this look sees it and gives way. If the photo is still
 * ours, the other result is older or the same, and replacing it is right. A still newer result slips in between: the
 * condition fails again.
 *
 * @returns False when the photo is no longer the one the result was made of. @throws {StoreError}
 */
export async function writeUnlessSuperseded(store: PhotoStore, write: ConditionalWrite): Promise<boolean> {
  let { expected } = write;
  for (let race = 0; race < MOST_RACES; race++) {
    if (await store.writeResult(write.key, write.bytes, { contentType: write.contentType, expected })) return true;
    expected = await store.resultEtag(write.key);
    const version = await store.photoVersion(write.job);
    if ((version?.etag ?? '') !== write.etag) return false;
  }
  throw new StoreError(
    'unavailable',
    `Expected to write "${write.key}" within ${MOST_RACES} tries, got a newer version each time`,
  );
}

interface RecordCommit {
  readonly record: PhotoRecord;
  readonly before: SeenRecord | null;
  readonly job: CutoutJob;
}

/**
 * Writes a photo's record, the point at which its work counts as done, and removes cutouts that only the record before it
 * named (of a version that is now rejected, or in another format).
 *
 * @returns False when a newer photo's record has won. @throws {StoreError}
 */
export async function commitRecord(store: PhotoStore, { record, before, job }: RecordCommit): Promise<boolean> {
  const isWritten = await writeUnlessSuperseded(store, {
    job,
    etag: record.source.etag,
    key: recordKey(job.key),
    bytes: new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`),
    contentType: 'application/json',
    expected: before?.etag ?? null,
  });
  if (isWritten) {
    const named = new Set<string>(record.outputs.map((output) => output.key));
    const stale = before?.record?.outputs.filter((output) => !named.has(output.key)) ?? [];
    for (const output of stale) await store.deleteResult(output.key);
  }
  return isWritten;
}
