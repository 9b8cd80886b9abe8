import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QUEUE_SETTINGS } from '../queue-settings.ts';

/** Photos wait here for a worker; those that keep failing end in `failed`, from where they can be sent back. */
export class PhotoQueue extends Construct {
  readonly queue: Queue;
  readonly failed: Queue;

  constructor(scope: Construct, id: string, { encryptionKey }: { readonly encryptionKey: IKey | undefined }) {
    super(scope, id);
    const shared: QueueProps = {
      enforceSSL: true,
      ...(encryptionKey === undefined
        ? { encryption: QueueEncryption.SQS_MANAGED }
        : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }),
    };
    this.failed = new Queue(this, 'FailedPhotos', {
      ...shared,
      retentionPeriod: Duration.days(QUEUE_SETTINGS.deadLetterRetentionDays),
    });
    this.queue = new Queue(this, 'Photos', {
      ...shared,
      visibilityTimeout: Duration.seconds(QUEUE_SETTINGS.visibilityTimeoutSeconds),
      // A message keeps its age when it fails for good, so it must not have used up the dead-letter queue's days by then.
      retentionPeriod: Duration.days(QUEUE_SETTINGS.deadLetterRetentionDays / 2),
      deadLetterQueue: { queue: this.failed, maxReceiveCount: QUEUE_SETTINGS.maxReceiveCount },
    });
  }
}
