import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { Cloud } from './cloud.ts';
import { moveFailed } from './failed-photos.ts';
import type { Place } from './place.ts';

export interface Redriven {
  readonly moved: number;
  /** Whether the queue's own service moved them, or this command did one by one. */
  readonly by: 'sqs' | 'cutline';
}

const LOOK_EVERY_MS = 1_000;
/** What an endpoint answers that has no move tasks; moto's answer is a page of HTML, which the client cannot parse. */
const NOT_OFFERED = /^SyntaxError$|Unsupported|NotImplemented|InvalidAction|UnknownOperation|InternalFailure|NotFound/i;

/**
 * Sends every failed photo of a stage to the queue again, whichever batch it belongs to.
 *
 * By SQS's own move task where it is offered; otherwise message by message, each sent before it is removed.
 */
export async function redriveFailed(cloud: Cloud, place: Place): Promise<Redriven> {
  const arn = await arnOf(cloud, place.failedPhotosUrl);
  if (!(await isStarted(cloud, arn))) return { moved: await moveFailed(cloud, place, (body) => body), by: 'cutline' };
  for (;;) {
    const { Results: [task] = [] } = await cloud.sqs.send(
      new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 }),
    );
    if (task?.Status === 'FAILED')
      throw new Error(`Expected SQS to move the failed photos, got: ${task.FailureReason}`);
    if (task?.Status !== 'RUNNING') return { moved: task?.ApproximateNumberOfMessagesMoved ?? 0, by: 'sqs' };
    await sleep(LOOK_EVERY_MS);
  }
}

async function isStarted({ sqs }: Cloud, SourceArn: string): Promise<boolean> {
  try {
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
    return true;
  } catch (error) {
    if (error instanceof Error && NOT_OFFERED.test(error.name)) return false;
    throw error;
  }
}

async function arnOf({ sqs }: Cloud, QueueUrl: string): Promise<string> {
  const { Attributes: found = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  return found.QueueArn ?? '';
}
