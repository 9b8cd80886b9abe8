import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage-settings.ts';
import type { BucketAddress } from './buckets.ts';
import type { PhotoQueue } from './photo-queue.ts';

interface UploadRuleOptions {
  readonly settings: Pick<StageSettings, 'photosPrefix' | 'photoEndings'>;
  readonly photos: BucketAddress;
  readonly photoQueue: PhotoQueue;
}

/** Sends each photo that is put into the bucket to the queue; an event that cannot be delivered joins the failed photos. */
export function uploadRule(scope: Construct, id: string, { settings, photos, photoQueue }: UploadRuleOptions): Rule {
  return new Rule(scope, id, {
    description: 'Each uploaded photo becomes a message',
    eventPattern: {
      source: ['aws.s3'],
      detailType: ['Object Created'],
      detail: { bucket: { name: [photos.bucketName] }, object: { key: keyPattern(settings) } },
    },
    targets: [new SqsQueue(photoQueue.queue, { deadLetterQueue: photoQueue.failed })],
  });
}

/**
 * Which keys are photos. EventBridge compares endings without regard to capitals, but can't ask for a beginning and an
 * ending at once except by a pattern with `*`, where capitals count.
 */
function keyPattern({ photosPrefix, photoEndings }: UploadRuleOptions['settings']): object[] {
  if (photosPrefix === '') return photoEndings.map((ending) => ({ suffix: { 'equals-ignore-case': `.${ending}` } }));
  return photoEndings
    .flatMap((ending) => [ending, ending.toUpperCase()])
    .map((ending) => ({ wildcard: `${photosPrefix}*.${ending}` }));
}
