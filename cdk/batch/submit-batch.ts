import { readFile } from 'node:fs/promises';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { photoMetadata } from '#functions/contract/photo-metadata.ts';
import { BatchError } from './batch-error.ts';
import {
  type BatchManifest,
  type BatchPhoto,
  batchKey,
  contentOf,
  idFromContent,
  sortedByKey,
} from './batch-manifest.ts';
import type { Cloud } from './cloud.ts';
import { deleteObject, forEachAtOnce, readObject, statusOf, writeObject } from './objects.ts';
import type { Place } from './place.ts';
import { readManifest } from './read-manifest.ts';
import type { Source } from './read-source.ts';
import { sendJobs } from './send-jobs.ts';

export interface Submission {
  /** As it was typed. */
  readonly text: string;
  readonly source: Source;
  /** @default from the content, so that the same submission twice is the same batch */
  readonly id?: string | undefined;
  /** Of photos that name none. */
  readonly preset?: string | undefined;
}

export interface SubmitOptions {
  /** Asked before anything is written. */
  readonly confirm: (photos: number) => Promise<boolean>;
  /** Photos sent so far, of all. */
  readonly onProgress?: (sent: number, total: number) => void;
  readonly now: () => Date;
}

export interface Submitted {
  readonly manifest: BatchManifest;
  /** How many were sent now: none when all had been before. */
  readonly sent: number;
  /** How many of them were uploaded, which sends them by itself. */
  readonly uploaded: number;
}

const Sent = z.object({ sent: z.int().nonnegative() });

/** After as many the batch's progress is written down: what a killed submission may send a second time. */
const CHUNK = 500;
const UPLOADS_AT_ONCE = 8;
/** Metadata by which a later submission knows that a photo is in the bucket already; a bucket with KMS has other ETags. */
const MD5_METADATA = 'cutline-md5';

/**
 * Submits a batch: writes down what it is, uploads what is not in the bucket yet, and sends the rest to the queue.
 *
 * An upload sends itself: the bucket's event becomes the message, and one photo is one message. Killed at any moment, the same
 * call goes on where it stopped; completed, it sends nothing.
 *
 * @throws {BatchError} `batch_differs` when the id is taken by other photos, `not_confirmed`, `bad_source`.
 */
export async function submitBatch(
  cloud: Cloud,
  place: Place,
  { submission, ...options }: SubmitOptions & { readonly submission: Submission },
): Promise<Submitted> {
  const wanted = manifestOf(place, submission, options.now());
  const known = await readManifest(cloud, place, wanted.id);
  if (known !== null && known.content !== wanted.content) throw differs(known, wanted);
  const manifest = known ?? wanted;
  const before = await readSent(cloud, place, manifest.id);
  if (before >= manifest.photos.length) return { manifest, sent: 0, uploaded: 0 };

  if (!(await options.confirm(manifest.photos.length - before))) {
    throw new BatchError('not_confirmed', 'Nothing was sent. Run it with --yes to go ahead without being asked.');
  }
  if (known === null) await claim(cloud, place, manifest);
  const uploaded = await sendFrom(before, { cloud, place, manifest, submission, options });
  return { manifest, sent: manifest.photos.length - before, uploaded };
}

function manifestOf(place: Place, { text, source, id, preset }: Submission, now: Date): BatchManifest {
  const bucket = source.bucket ?? place.photosBucket;
  if (bucket !== place.photosBucket) {
    throw new BatchError(
      'bad_source',
      `Expected photos in this stage's bucket ${place.photosBucket}, which its workers may read, got ${bucket}. Copy them there, or deploy a stage with -c photosBucket=${bucket}.`,
    );
  }
  const photos = sortedByKey(source.photos).map((photo) => (preset === undefined ? photo : { preset, ...photo }));
  const content = contentOf(photos);
  const submittedAt = now.toISOString();
  return { schema: 1, id: id ?? idFromContent(content), source: text, submittedAt, content, bucket, photos };
}

async function claim(cloud: Cloud, place: Place, manifest: BatchManifest): Promise<void> {
  const address = { bucket: place.cutoutsBucket, key: batchKey(manifest.id, 'manifest.json') };
  if (await writeObject(cloud.s3, address, `${JSON.stringify(manifest)}\n`, { isNew: true })) return;
  const other = await readManifest(cloud, place, manifest.id);
  if (other?.content !== manifest.content) throw differs(other ?? manifest, manifest);
}

interface Sending {
  readonly cloud: Cloud;
  readonly place: Place;
  readonly manifest: BatchManifest;
  readonly submission: Submission;
  readonly options: SubmitOptions;
}

async function sendFrom(start: number, sending: Sending): Promise<number> {
  const { cloud, place, manifest, submission, options } = sending;
  const { files } = submission.source;
  const total = manifest.photos.length;
  let uploaded = 0;
  // Cut short for long enough, it was given up on and announced.
  if (start > 0)
    await deleteObject(cloud.s3, { bucket: place.cutoutsBucket, key: batchKey(manifest.id, 'completed.json') });
  for (let from = start; from < total; from += CHUNK) {
    const chunk = manifest.photos.slice(from, from + CHUNK);
    const isUploaded = await forEachAtOnce(
      chunk,
      async (photo) => await uploadUnlessThere(cloud.s3, manifest, photo, files.get(photo.key)),
      UPLOADS_AT_ONCE,
    );
    const jobs = chunk.filter((_, index) => !isUploaded[index]).map((photo) => jobOf(manifest, photo));
    await sendJobs(cloud.sqs, place.photoQueueUrl, jobs);
    uploaded += chunk.length - jobs.length;
    const sent = from + chunk.length;
    await writeObject(
      cloud.s3,
      { bucket: place.cutoutsBucket, key: batchKey(manifest.id, 'sent.json') },
      JSON.stringify({ sent }),
    );
    options.onProgress?.(sent, total);
  }
  return uploaded;
}

/** The message for a photo that lies in the bucket. */
export function jobOf({ id, bucket }: BatchManifest, { key, preset, sku }: BatchPhoto) {
  return {
    bucket,
    key,
    batchId: id,
    ...(preset === undefined ? {} : { preset }),
    ...(sku === undefined ? {} : { sku }),
  };
}

/** @returns Whether the photo was uploaded and so sends itself; false when the very same lies there already, or comes from the bucket anyway. */
async function uploadUnlessThere(
  s3: S3Client,
  { id, bucket }: BatchManifest,
  photo: BatchPhoto,
  file: string | undefined,
): Promise<boolean> {
  const { key, md5 } = photo;
  if (file === undefined || md5 === undefined || (await isThere(s3, { bucket, key, md5 }))) return false;
  await s3.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      // Not as a stream, which could not be sent a second time when S3 says 503.
      Body: await readFile(file),
      Metadata: { [MD5_METADATA]: md5, ...photoMetadata({ ...photo, batchId: id }) },
    }),
  );
  // Without a photo's ending the bucket's event becomes no message.
  return isPhotoKey(key);
}

async function isThere(s3: S3Client, photo: { bucket: string; key: string; md5: string }): Promise<boolean> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket: photo.bucket, Key: photo.key }));
    return head.Metadata?.[MD5_METADATA] === photo.md5;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

async function readSent(cloud: Cloud, place: Place, id: string): Promise<number> {
  const bytes = await readObject(cloud.s3, { bucket: place.cutoutsBucket, key: batchKey(id, 'sent.json') });
  return bytes === null ? 0 : Sent.parse(JSON.parse(new TextDecoder().decode(bytes))).sent;
}

function differs(known: BatchManifest, wanted: BatchManifest): BatchError {
  return new BatchError(
    'batch_differs',
    `Expected batch "${wanted.id}" to be new or the same as before, but on ${known.submittedAt} it was ${known.photos.length} photos of ${known.source} and now it is ${wanted.photos.length} of other content. Choose another --batch.`,
  );
}
