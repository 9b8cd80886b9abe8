import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Architecture, Code, type IFunction, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { HANDLER } from '#functions/remove-background/bundle.ts';
import type { Shipment } from '../shipment.ts';
import type { StageSettings } from '../stage-settings.ts';
import { acknowledgeWildcards } from './acknowledge-wildcards.ts';
import type { BucketAddress } from './buckets.ts';
import type { PhotoQueue } from './photo-queue.ts';

export interface BatchEndOptions {
  readonly settings: Pick<StageSettings, 'stage' | 'logRetentionDays'>;
  readonly shipment: Shipment;
  readonly photos: BucketAddress;
  readonly cutouts: BucketAddress;
  readonly photoQueue: PhotoQueue;
  readonly encryptionKey: IKey | undefined;
}

/** Soon enough for what follows a batch, and 9,000 looks a month, which cost a few cents. */
const LOOK_EVERY = Duration.minutes(5);
/** The records of 100,000 photos, read 32 at a time. */
const TIMEOUT = Duration.minutes(15);
const MEMORY_MB = 1_024;

/** Looks every few minutes whether a batch has ended, and says so to EventBridge: source `cutline`, `Batch Completed`. */
export class BatchEnd extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: BatchEndOptions) {
    super(scope, id);
    const { settings, shipment, photos, cutouts, photoQueue } = props;
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const lambda = new LambdaFn(this, 'Function', {
      description: 'Tells EventBridge when a batch has ended',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(shipment.folder, 'batch-end')),
      handler: HANDLER,
      memorySize: MEMORY_MB,
      timeout: TIMEOUT,
      // What one look misses the next one sees.
      retryAttempts: 0,
      role: this.#role(props, logGroup),
      logGroup,
      environment: {
        CUTLINE_STAGE: settings.stage,
        CUTLINE_PHOTOS_BUCKET: photos.bucketName,
        CUTLINE_CUTOUTS: cutouts.bucketName,
        CUTLINE_PHOTO_QUEUE: photoQueue.queue.queueUrl,
        CUTLINE_FAILED_PHOTOS: photoQueue.failed.queueUrl,
      },
    });
    this.function = lambda;
    new Rule(this, 'Look', {
      description: 'Looks whether a batch has ended',
      schedule: Schedule.rate(LOOK_EVERY),
      targets: [new LambdaFunction(lambda, { retryAttempts: 0 })],
    });
  }

  /** Reads records and what batches say of themselves, looks into the queues, notes down what was announced; touches no photo. */
  #role({ photos, cutouts, photoQueue, encryptionKey }: BatchEndOptions, logGroup: LogGroup): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const read = ['records/*', 'batches/*'].map((pattern) => cutouts.arnForObjects(pattern));
    const notes = cutouts.arnForObjects('batches/*/completed.json');
    const { queue, failed } = photoQueue;
    const bus = Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
    const allow = (actions: string[], resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(['s3:GetObject'], read);
    allow(['s3:PutObject'], [notes]);
    allow(['s3:ListBucket'], [photos.bucketArn, cutouts.bucketArn]);
    allow(['sqs:GetQueueAttributes'], [queue.queueArn]);
    allow(['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'], [failed.queueArn]);
    allow(['events:PutEvents'], [bus]);
    acknowledgeWildcards(role, [...read, notes], 'Batches and their photos have the names that people give them.');
    encryptionKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
    return role;
  }
}
