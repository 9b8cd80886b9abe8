import { join } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type Function as LambdaFunction, Tracing } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { mallocSettings } from '#functions/remove-background/malloc.ts';
import { SMALL_YOUNG_HEAP } from '#functions/remove-background/young-heap.ts';
import { modelPlace } from '#layers/places.ts';
import { doubtEnvironment } from '../doubt-environment.ts';
import { QUEUE_SETTINGS } from '../queue-settings.ts';
import type { Shipment } from '../shipment.ts';
import { modelsOf, type StageSettings } from '../stage-settings.ts';
import { acknowledgeWildcards } from './acknowledge-wildcards.ts';
import type { BucketAddress } from './buckets.ts';
import { packagedFunction } from './packaged-function.ts';

export interface RemoveBackgroundOptions {
  readonly settings: StageSettings;
  readonly shipment: Shipment;
  readonly photos: BucketAddress;
  readonly cutouts: BucketAddress;
  /** Encrypts the buckets, where AWS's own keys do not. */
  readonly encryptionKey: IKey | undefined;
}

/** The worker: takes photos from the queue and writes cutouts and records. */
export class RemoveBackground extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly #maxConcurrency: number;

  constructor(scope: Construct, id: string, props: RemoveBackgroundOptions) {
    super(scope, id);
    const { settings, shipment } = props;
    this.#maxConcurrency = settings.maxConcurrency;
    this.logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.function = packagedFunction(this, 'Function', {
      settings,
      shipment,
      options: {
        description: 'Cuts the background out of photos',
        memorySize: settings.memoryMb,
        timeout: Duration.seconds(QUEUE_SETTINGS.functionTimeoutSeconds),
        environment: workerEnvironment(props),
        role: this.#role(props),
        logGroup: this.logGroup,
        tracing: Tracing.ACTIVE,
      },
    });
    if (shipment.missing !== undefined) {
      Validations.of(this.function).addWarning(
        'cutline-not-packed',
        `The model or the native modules are not packed, so this can be looked at but not deployed. Run: ${shipment.missing}`,
      );
    }
  }

  takePhotosFrom(queue: IQueue): void {
    this.function.addEventSource(
      new SqsEventSource(queue, {
        batchSize: QUEUE_SETTINGS.batchSize,
        maxBatchingWindow: Duration.seconds(QUEUE_SETTINGS.batchWindowSeconds),
        maxConcurrency: this.#maxConcurrency,
        reportBatchItemFailures: true,
      }),
    );
  }

  /** Reads photos below the prefix; reads, writes and removes results; nothing else. */
  #role({ settings, photos, cutouts, encryptionKey }: RemoveBackgroundOptions): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(role);
    const photoObjects = photos.arnForObjects(`${settings.photosPrefix}*`);
    // A photo's further pictures lie in their presets' folders.
    const folders = ['cutouts', 'records', ...BUILT_IN_PRESETS.keys()];
    const resultObjects = folders.map((folder) => cutouts.arnForObjects(`${folder}/*`));
    // What a person refused: a worker looks whether it is there, and removes it when the photo is cut out anew.
    const refusedObjects = cutouts.arnForObjects('refused/*');
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [photoObjects] }));
    role.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], resources: resultObjects }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['s3:GetObject', 's3:DeleteObject'], resources: [refusedObjects] }),
    );
    // Without it S3 answers "forbidden" instead of "not found" to whoever asks for an object that isn't there.
    role.addToPolicy(
      new PolicyStatement({ actions: ['s3:ListBucket'], resources: [photos.bucketArn, cutouts.bucketArn] }),
    );
    acknowledgeWildcards(
      role,
      [photoObjects, ...resultObjects, refusedObjects],
      'A worker is handed keys by events: any below its prefix.',
    );
    acknowledgeWildcards(role, ['*'], 'X-Ray knows no resources: its two actions that send traces are granted on "*".');
    encryptionKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
    return role;
  }
}

function workerEnvironment({ settings, shipment, cutouts }: RemoveBackgroundOptions): Record<string, string> {
  const { model, escalate, preset, maxBytes, maxPixels } = settings;
  const escalateFolder = escalate === undefined ? undefined : `/opt/models/${escalate}`;
  return {
    ...mallocSettings(modelsOf(settings).map((id) => join(shipment.folder, modelPlace(id)))),
    NODE_OPTIONS: SMALL_YOUNG_HEAP,
    CUTLINE_STORE: 's3',
    CUTLINE_CUTOUTS: cutouts.bucketName,
    CUTLINE_MODEL_FOLDER: `/opt/models/${model}`,
    ...doubtEnvironment({ ...settings, escalateFolder }),
    CUTLINE_PRESET: preset,
    ...(maxBytes === undefined ? {} : { CUTLINE_MAX_BYTES: String(maxBytes) }),
    ...(maxPixels === undefined ? {} : { CUTLINE_MAX_PIXELS: String(maxPixels) }),
  };
}
