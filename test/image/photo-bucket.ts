import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { startEmbeddedSqs } from '#cdk/local/embedded-sqs.ts';
import { recordKey } from '#functions/contract/output-keys.ts';
import { type DoneRecord, PhotoRecord } from '#functions/contract/record.ts';
import type { Job } from './cold-start.ts';
import { ImageError } from './run-tool.ts';

/** S3 on this machine's loopback address with one photo in it. */
export interface PhotoBucket {
  readonly job: Job;
  /** Removes what was made of the photo, so that it is made again. */
  clear(): Promise<void>;
  /** @returns The photo's record. @throws {ImageError} unless there is a real cutout that fits it. */
  checkCutout(): Promise<DoneRecord>;
  close(): Promise<void>;
}

const KEY = 'shoes/photo.jpg';

/**
 * Serves a photo over S3's protocol by fauxqs, which the embedded queue comes from. It takes every write, whatever its
 * condition: enough for one worker, and what S3 makes of conditions is not the image's business.
 */
export async function openPhotoBucket(photo: string): Promise<PhotoBucket> {
  const folder = await mkdtemp(join(tmpdir(), 'cutline-s3-'));
  const server = await startEmbeddedSqs(folder);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint: server.endpoint, region: 'eu-central-1', credentials, forcePathStyle: true });
  const job: Job = { endpoint: server.endpoint, bucket: 'photos', key: KEY, cutouts: 'cutouts' };
  for (const Bucket of [job.bucket, job.cutouts]) await client.send(new CreateBucketCommand({ Bucket }));
  const bytes = await readFile(photo);
  await client.send(new PutObjectCommand({ Bucket: job.bucket, Key: KEY, Body: bytes }));

  const read = async (key: string): Promise<Uint8Array> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: job.cutouts, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
  };
  return {
    job,
    clear: async () => {
      await client.send(new DeleteObjectCommand({ Bucket: job.cutouts, Key: recordKey(KEY) }));
    },
    checkCutout: async () => {
      const record = PhotoRecord.parse(JSON.parse(new TextDecoder().decode(await read(recordKey(KEY)))));
      if (record.status !== 'done') throw new ImageError(`Expected a cutout, got ${record.code}: ${record.message}`);
      for (const output of record.outputs) {
        const file = await read(output.key);
        const sha256 = createHash('sha256').update(file).digest('hex');
        if (sha256 !== output.sha256) throw new ImageError(`Expected the recorded bytes at ${output.key}, got others`);
        await expectCutoutOf(bytes, file);
      }
      return record;
    },
    close: async () => {
      client.destroy();
      await server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A cutout is as large as its photo, and part of it is gone and part of it is there. */
async function expectCutoutOf(photo: Uint8Array, cutout: Uint8Array): Promise<void> {
  const [before, after] = await Promise.all([sharp(photo).autoOrient().toBuffer(), sharp(cutout).metadata()]);
  const { width, height } = await sharp(before).metadata();
  if (after.width !== width || after.height !== height || !after.hasAlpha) {
    throw new ImageError(`Expected ${width} x ${height} with alpha, got ${after.width} x ${after.height}`);
  }
  const alpha = await sharp(cutout).extractChannel('alpha').raw().toBuffer();
  const shareOf = (isSo: (value: number) => boolean) => alpha.filter(isSo).length / alpha.length;
  const [gone, there] = [shareOf((value) => value === 0), shareOf((value) => value > 240)];
  const share = `${(gone * 100).toFixed(1)} % gone and ${(there * 100).toFixed(1)} % there`;
  if (gone < 0.05 || there < 0.05) {
    throw new ImageError(`Expected a subject and its background, got ${share}`);
  }
}
