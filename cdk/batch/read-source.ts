import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidJobError, parseJobs } from '#functions/contract/job.ts';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { listPhotos } from '../local/photos-folder.ts';
import { BatchError } from './batch-error.ts';
import type { BatchPhoto } from './batch-manifest.ts';
import type { Cloud } from './cloud.ts';
import { readCsv } from './csv-rows.ts';
import { readInventory } from './inventory.ts';
import { forEachAtOnce, listObjects } from './objects.ts';

/** What a submission is about. */
export interface Source {
  readonly photos: readonly BatchPhoto[];
  /** The photos' bucket; null when they are to be uploaded. */
  readonly bucket: string | null;
  /** Where a photo to upload lies on this machine, by its key. */
  readonly files: ReadonlyMap<string, string>;
  /** Something to tell, e.g. rows that were left out. */
  readonly notes: readonly string[];
}

export interface SourceOptions {
  /** Folder that a CSV file's keys are paths in; without it they are keys of the photos bucket. */
  readonly photosFolder?: string | undefined;
  /** Put in front of the keys of photos that are uploaded, e.g. `spring/`. @default nothing */
  readonly prefix?: string | undefined;
  /** Where keys without a bucket lie. */
  readonly photosBucket: string;
}

const FILES_AT_ONCE = 8;

/**
 * Reads what to submit: a folder, a CSV file, `s3://bucket/prefix`, or the `manifest.json` of an S3 Inventory.
 *
 * @throws {BatchError} when there is nothing there, or no photos, or a key that no worker would take.
 */
export async function readSource(text: string, cloud: Pick<Cloud, 's3'>, options: SourceOptions): Promise<Source> {
  const source = text.startsWith('s3://')
    ? await readBucket(parseS3Address(text), cloud)
    : await readLocal(resolve(text), options);
  if (source.photos.length === 0) {
    throw new BatchError('no_photos', `Expected photos in ${text}, found none. Check that it is the right place.`);
  }
  refuseBadKeys(source.photos);
  return source;
}

async function readBucket(address: { bucket: string; key: string }, { s3 }: Pick<Cloud, 's3'>): Promise<Source> {
  const nothing = { files: new Map<string, string>(), notes: [] };
  if (address.key.endsWith('manifest.json')) {
    const { bucket, keys } = await readInventory(s3, address);
    return { ...nothing, bucket, photos: keys.map((key) => ({ key })) };
  }
  const photos: BatchPhoto[] = [];
  for await (const { key } of listObjects(s3, address.bucket, address.key)) if (isPhotoKey(key)) photos.push({ key });
  return { ...nothing, bucket: address.bucket, photos };
}

async function readLocal(path: string, options: SourceOptions): Promise<Source> {
  const facts = await stat(path).catch((cause: unknown) => {
    throw new BatchError(
      'bad_source',
      `Expected a folder, a CSV file or s3://bucket/prefix, found nothing at ${path}`,
      {
        cause,
      },
    );
  });
  const { prefix = '', photosFolder, photosBucket } = options;
  if (facts.isDirectory()) {
    const names = await listPhotos(path, { exclude: [] });
    return await withFiles(
      names.map((key) => ({ key })),
      { folder: path, prefix, notes: [] },
    );
  }
  const { photos, repeated } = readCsv(await readFile(path, 'utf8'), path);
  const notes = repeated === 0 ? [] : [`${repeated} of its rows repeated others and count once.`];
  if (photosFolder !== undefined) return await withFiles(photos, { folder: resolve(photosFolder), prefix, notes });
  return { photos, bucket: photosBucket, files: new Map(), notes };
}

async function withFiles(
  photos: readonly BatchPhoto[],
  { folder, prefix, notes }: { readonly folder: string; readonly prefix: string; readonly notes: readonly string[] },
): Promise<Source> {
  const files = new Map(photos.map(({ key }) => [prefix + key, join(folder, key)]));
  const missing: string[] = [];
  const hashed = await forEachAtOnce(
    photos,
    async (photo) => {
      const md5 = await md5Of(join(folder, photo.key)).catch(() => null);
      if (md5 === null) missing.push(photo.key);
      return { ...photo, key: prefix + photo.key, md5: md5 ?? '' };
    },
    FILES_AT_ONCE,
  );
  if (missing.length > 0) {
    const named = missing.sort().slice(0, 10).join(', ');
    throw new BatchError(
      'bad_manifest',
      `Expected each photo in ${folder}, but ${missing.length} can't be read: ${named}${missing.length > 10 ? ', ...' : ''}`,
    );
  }
  return { photos: hashed, bucket: null, files, notes };
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

export function parseS3Address(text: string): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(text) ?? [];
  if (bucket === undefined) throw new BatchError('bad_source', `Expected s3://bucket/prefix, got ${text}`);
  return { bucket, key };
}

/** What a worker would refuse is found out here rather than after five attempts. */
function refuseBadKeys(photos: readonly BatchPhoto[]): void {
  const bad = photos.filter(({ key }) => !isJob(key));
  if (bad.length === 0) return;
  const named = bad.slice(0, 10).map(({ key }) => JSON.stringify(key));
  throw new BatchError(
    'bad_manifest',
    `Expected keys of 1 to 1,024 characters without "." or ".." segments, got ${bad.length} others: ${named.join(', ')}`,
  );
}

function isJob(key: string): boolean {
  try {
    return parseJobs(JSON.stringify({ bucket: 'photos', key })).length === 1;
  } catch (error) {
    if (error instanceof InvalidJobError) return false;
    throw error;
  }
}
