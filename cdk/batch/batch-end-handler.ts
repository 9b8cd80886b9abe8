import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { endBatches } from './end-batches.ts';

/** What the stack tells its function BatchEnd. */
const Environment = z.object({
  CUTLINE_STAGE: z.string(),
  CUTLINE_PHOTOS_BUCKET: z.string(),
  CUTLINE_CUTOUTS: z.string(),
  CUTLINE_PHOTO_QUEUE: z.string(),
  CUTLINE_FAILED_PHOTOS: z.string(),
});

const env = Environment.parse(process.env);
const cloud = { s3: new S3Client(), sqs: new SQSClient(), events: new EventBridgeClient() };
const place = {
  stage: env.CUTLINE_STAGE,
  photosBucket: env.CUTLINE_PHOTOS_BUCKET,
  cutoutsBucket: env.CUTLINE_CUTOUTS,
  photoQueueUrl: env.CUTLINE_PHOTO_QUEUE,
  failedPhotosUrl: env.CUTLINE_FAILED_PHOTOS,
  // A price is not part of what is announced.
  memoryMb: 1,
  architecture: 'arm64',
  maxConcurrency: 1,
} as const;

/** Called on a schedule: sends "Batch Completed" for each batch that has ended meanwhile. */
export async function handler(): Promise<void> {
  for (const batchId of await endBatches(cloud, place, Date.now())) {
    console.log(JSON.stringify({ message: 'batch', batchId, outcome: 'completed' }));
  }
}
