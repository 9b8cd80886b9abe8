import {
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  waitUntilStackCreateComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import type { Cloud } from './cloud.ts';
import { emulatorTemplate } from './emulator-template.ts';
import { findPlace, type Place, stackNameOf } from './place.ts';

const WAIT_SECONDS = 120;

/**
 * Creates a stage's buckets, queues and rule on an emulator, through its CloudFormation; what is there already stays.
 *
 * @param template The stack's synthesized template, parsed. @returns Where everything is.
 */
export async function createEmulated(cloud: Cloud, stage: string, template: unknown): Promise<Place> {
  const StackName = stackNameOf(stage);
  const TemplateBody = JSON.stringify(emulatorTemplate(template));
  const waiting = { client: cloud.cloudFormation, maxWaitTime: WAIT_SECONDS, minDelay: 1, maxDelay: 2 };
  if (await isCreated(cloud, StackName)) {
    const isChanging = await update(cloud, { StackName, TemplateBody });
    if (isChanging) await waitUntilStackUpdateComplete(waiting, { StackName });
  } else {
    await cloud.cloudFormation.send(new CreateStackCommand({ StackName, TemplateBody }));
    await waitUntilStackCreateComplete(waiting, { StackName });
  }
  const place = await findPlace(cloud, stage);
  await sendUploadsToEventBridge(cloud, place);
  return place;
}

async function isCreated({ cloudFormation }: Cloud, StackName: string): Promise<boolean> {
  try {
    const { Stacks: stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName }));
    return stacks.length > 0;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError') return false;
    throw error;
  }
}

/** @returns Whether there was something to change: "No updates are to be performed" is an error to CloudFormation. */
async function update({ cloudFormation }: Cloud, input: { StackName: string; TemplateBody: string }): Promise<boolean> {
  try {
    await cloudFormation.send(new UpdateStackCommand(input));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError') return false;
    throw error;
  }
}

/** moto's CloudFormation leaves a bucket's NotificationConfiguration out; asked by API, it does what the template says. */
async function sendUploadsToEventBridge({ s3 }: Cloud, { photosBucket }: Place): Promise<void> {
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: photosBucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
}
