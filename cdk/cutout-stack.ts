import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './constructs/alarms.ts';
import { BatchEnd } from './constructs/batch-end.ts';
import { cutoutsBucket, photosBucket } from './constructs/buckets.ts';
import { dashboard } from './constructs/dashboard.ts';
import { photoMetrics } from './constructs/photo-metrics.ts';
import { PhotoQueue } from './constructs/photo-queue.ts';
import { RemoveBackground } from './constructs/remove-background.ts';
import { stageKey } from './constructs/stage-key.ts';
import { uploadRule } from './constructs/upload-rule.ts';
import type { Shipment } from './shipment.ts';
import type { StageSettings } from './stage-settings.ts';

export interface CutoutStackProps extends StackProps {
  readonly settings: StageSettings;
  readonly shipment: Shipment;
}

/**
 * Flow A on AWS:
 *
 *     photos bucket -> PhotoQueue -> RemoveBackground -> cutouts bucket
 *                      '- retries used up -> FailedPhotos
 */
export class CutoutStack extends Stack {
  constructor(scope: Construct, id: string, { settings, shipment, ...props }: CutoutStackProps) {
    super(scope, id, props);
    const encryptionKey = stageKey(this, settings);

    const photos = photosBucket(this, { settings, encryptionKey });
    const photoQueue = new PhotoQueue(this, 'PhotoQueue', { encryptionKey });
    const cutouts = cutoutsBucket(this, { settings, encryptionKey });
    const worker = new RemoveBackground(this, 'RemoveBackground', {
      settings,
      shipment,
      photos,
      cutouts,
      encryptionKey,
    });
    uploadRule(this, 'Uploads', { settings, photos, photoQueue });
    worker.takePhotosFrom(photoQueue.queue);
    const batchEnd = new BatchEnd(this, 'BatchEnd', { settings, shipment, photos, cutouts, photoQueue, encryptionKey });

    const metrics = photoMetrics(worker.logGroup, settings.stage);
    const watched = { metrics, photoQueue, worker: worker.function };
    const { alarms, topic } = new Alarms(this, 'Alarms', {
      settings,
      encryptionKey,
      batchEnd: batchEnd.function,
      ...watched,
    });
    dashboard(this, 'Dashboard', { ...watched, alarms });

    const outputs = {
      PhotosBucket: photos.bucketName,
      CutoutsBucket: cutouts.bucketName,
      PhotoQueueUrl: photoQueue.queue.queueUrl,
      FailedPhotosUrl: photoQueue.failed.queueUrl,
      FunctionName: worker.function.functionName,
      AlarmTopic: topic.topicArn,
      // What `cutline status` and `estimate` reckon with.
      MemoryMb: String(settings.memoryMb),
      Architecture: settings.architecture,
      MaxConcurrency: String(settings.maxConcurrency),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });

    const { stage, costCentre } = settings;
    const tags = { app: 'cutline', stage, ...(costCentre === undefined ? {} : { 'cost-centre': costCentre }) };
    // A dashboard has no costs to split, and older CloudFormation schemas don't know that it can have tags.
    const options = { excludeResourceTypes: ['AWS::CloudWatch::Dashboard'] };
    for (const [name, value] of Object.entries(tags)) Tags.of(this).add(name, value, options);
  }
}
