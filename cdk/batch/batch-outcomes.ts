import { recordKey } from '#functions/contract/output-keys.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import type { BatchManifest, BatchPhoto } from './batch-manifest.ts';
import type { Cloud } from './cloud.ts';
import { listFailed } from './failed-photos.ts';
import { forEachAtOnce, type ListedObject, listObjects, readObject, sharedPrefix } from './objects.ts';
import type { Place } from './place.ts';

/** Where one photo of a batch is. `waiting`: not worked on yet, in hand, or its message was lost. */
export interface BatchOutcome {
  readonly photo: BatchPhoto;
  readonly status: 'done' | 'rejected' | 'failed' | 'waiting';
  /** Absent while there is none for the photo's current version and preset. */
  readonly record?: PhotoRecord;
  /** When the record was written. */
  readonly endedMs?: number;
}

/** Records that were read before, by their ETag, so that watching a batch reads each one once. */
export type RecordCache = Map<string, { readonly etag: string; readonly record: PhotoRecord | null }>;

/**
 * Accounts for every photo of a batch, sorted by key.
 *
 * A record counts when it is about the photo as it lies in the bucket now and about the preset that was asked for.
 * Cost: one listing each of photos and records, and one read a record that is not in `cache`.
 */
export async function readOutcomes(
  cloud: Pick<Cloud, 's3' | 'sqs'>,
  place: Place,
  { manifest, cache = new Map() }: { readonly manifest: BatchManifest; readonly cache?: RecordCache },
): Promise<BatchOutcome[]> {
  const prefix = sharedPrefix(manifest.photos.map(({ key }) => key));
  const wanted = new Set(manifest.photos.map(({ key }) => key));
  const photos = await listByKey(listObjects(cloud.s3, manifest.bucket, prefix), wanted);
  const records = await listByKey(
    listObjects(cloud.s3, place.cutoutsBucket, `records/${prefix}`),
    new Set([...wanted].map(recordKey)),
  );
  const settled = await forEachAtOnce(manifest.photos, async (photo): Promise<BatchOutcome> => {
    const listed = records.get(recordKey(photo.key));
    const record = listed === undefined ? null : await readRecord(cloud, place, { listed, cache });
    if (listed === undefined || record === null) return { photo, status: 'waiting' };
    if (!isAbout(record, photo, photos.get(photo.key)?.etag)) return { photo, status: 'waiting' };
    return { photo, status: record.status, record, endedMs: listed.modifiedMs };
  });
  return await markFailed(cloud, place, { manifest, outcomes: settled });
}

async function listByKey(
  objects: AsyncIterable<ListedObject>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, ListedObject>> {
  const found = new Map<string, ListedObject>();
  for await (const object of objects) if (wanted.has(object.key)) found.set(object.key, object);
  return found;
}

async function readRecord(
  { s3 }: Pick<Cloud, 's3'>,
  { cutoutsBucket }: Place,
  { listed: { key, etag }, cache }: { readonly listed: ListedObject; readonly cache: RecordCache },
): Promise<PhotoRecord | null> {
  const known = cache.get(key);
  if (known?.etag === etag) return known.record;
  const bytes = await readObject(s3, { bucket: cutoutsBucket, key });
  const record = bytes === null ? null : parseRecord(bytes);
  cache.set(key, { etag, record });
  return record;
}

function parseRecord(bytes: Uint8Array): PhotoRecord | null {
  try {
    return PhotoRecord.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}

function isAbout({ source, preset }: PhotoRecord, photo: BatchPhoto, etag: string | undefined): boolean {
  const isThisVersion = etag === undefined || source.etag === etag;
  return isThisVersion && (photo.preset === undefined || photo.preset === preset);
}

async function markFailed(
  cloud: Pick<Cloud, 's3' | 'sqs'>,
  place: Place,
  { manifest, outcomes }: { readonly manifest: BatchManifest; readonly outcomes: readonly BatchOutcome[] },
): Promise<BatchOutcome[]> {
  if (outcomes.every(({ status }) => status !== 'waiting')) return [...outcomes];
  const { jobs } = await listFailed(cloud, place);
  const failed = new Set(jobs.filter(({ bucket }) => bucket === manifest.bucket).map(({ key }) => key));
  return outcomes.map((outcome) =>
    outcome.status === 'waiting' && failed.has(outcome.photo.key) ? { ...outcome, status: 'failed' } : outcome,
  );
}
