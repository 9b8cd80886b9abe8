import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  CfnBucket,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { StageSettings } from '../stage-settings.ts';

/** What the rest of the stack needs of a bucket, new or not. */
export type BucketAddress = Pick<IBucket, 'bucketName' | 'bucketArn' | 'arnForObjects'>;

interface BucketOptions {
  readonly settings: StageSettings;
  readonly encryptionKey: IKey | undefined;
}

/** Where photos are put. A new bucket tells EventBridge of each upload; an existing one must do so already. */
export function photosBucket(scope: Construct, { settings, encryptionKey }: BucketOptions): BucketAddress {
  const { photosBucket: existing, photosExpireDays, photosPrefix } = settings;
  if (existing !== undefined) return existingBucket(scope, 'Photos', existing, encryptionKey);
  const bucket = privateBucket(scope, 'Photos', encryptionKey, expiry(photosExpireDays, photosPrefix));
  // `eventBridgeEnabled: true` would bring a Lambda function that sets this one property.
  if (bucket.node.defaultChild instanceof CfnBucket) {
    bucket.node.defaultChild.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
  return bucket;
}

/** Where cutouts and records go. */
export function cutoutsBucket(scope: Construct, { settings, encryptionKey }: BucketOptions): BucketAddress {
  const { cutoutsBucket: existing, cutoutsExpireDays } = settings;
  if (existing !== undefined) return existingBucket(scope, 'Cutouts', existing, encryptionKey);
  return privateBucket(scope, 'Cutouts', encryptionKey, expiry(cutoutsExpireDays, 'cutouts/'));
}

function existingBucket(
  scope: Construct,
  id: string,
  bucketName: string,
  encryptionKey: IKey | undefined,
): BucketAddress {
  return Bucket.fromBucketAttributes(scope, id, {
    bucketName,
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  });
}

function expiry(days: number | undefined, prefix: string): LifecycleRule[] {
  if (days === undefined) return [];
  return [{ id: 'Expire', expiration: Duration.days(days), ...(prefix === '' ? {} : { prefix }) }];
}

function privateBucket(
  scope: Construct,
  id: string,
  encryptionKey: IKey | undefined,
  expiries: readonly LifecycleRule[],
): Bucket {
  const encryption: BucketProps =
    encryptionKey === undefined
      ? { encryption: BucketEncryption.S3_MANAGED }
      : { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true };
  const bucket = new Bucket(scope, id, {
    ...encryption,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    // A catalogue is worth more than a tidy account: `cutline destroy` says what it leaves.
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [{ id: 'AbandonedUploads', abortIncompleteMultipartUploadAfter: Duration.days(1) }, ...expiries],
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Access logs would cost a third bucket and a log line a photo; who may reach this one is one role and the owner, and CloudTrail data events can be turned on for an audit.',
  });
  return bucket;
}
