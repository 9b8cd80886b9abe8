import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { type CutoutJob, InvalidJobError, parseJobs } from '#functions/contract/job.ts';
import { inTens, removeFrom } from '../local/queue-requests.ts';
import type { Cloud } from './cloud.ts';
import type { Place } from './place.ts';
import { sendBodies } from './send-jobs.ts';

/** What is in the dead-letter queue. */
export interface FailedPhotos {
  readonly jobs: readonly CutoutJob[];
  /** Messages that name no photo, e.g. what is not JSON. */
  readonly unreadable: number;
}

/** How long messages stay hidden while they are looked at: time for a few thousand, and soon over for a command that is killed. */
const HIDDEN_SECONDS = 60;

/** Looks at all failed photos and leaves them where they are. */
export async function listFailed(cloud: Pick<Cloud, 'sqs'>, place: Place): Promise<FailedPhotos> {
  const jobs: CutoutJob[] = [];
  let unreadable = 0;
  await visitFailed(cloud, place, (body) => {
    const found = jobsIn(body);
    jobs.push(...found);
    if (found.length === 0) unreadable++;
    return null;
  });
  return { jobs, unreadable };
}

/**
 * Sends failed photos to the queue again: first sent, then removed, so that whoever is killed in between leaves a photo twice,
 * which costs a look, and never not at all.
 *
 * @param again What to send in a message's stead, or null to leave it where it is. @returns How many were moved.
 */
export async function moveFailed(
  cloud: Pick<Cloud, 'sqs'>,
  place: Place,
  again: (body: string) => string | null,
): Promise<number> {
  return await visitFailed(cloud, place, again);
}

async function visitFailed(
  cloud: Pick<Cloud, 'sqs'>,
  place: Place,
  again: (body: string) => string | null,
): Promise<number> {
  const startedMs = Date.now();
  const kept: Message[] = [];
  let moved = 0;
  try {
    for (;;) {
      const messages = await receive(cloud, place);
      // A photo that failed anew meanwhile was sent after the start: without this, moving would never end.
      const old = messages.filter((message) => sentMs(message) < startedMs);
      const moves = old.map((message) => ({ message, body: again(message.Body ?? '') }));
      const sending = moves.filter((move) => move.body !== null);
      await sendBodies(
        cloud.sqs,
        place.photoQueueUrl,
        sending.flatMap(({ body }) => body ?? []),
      );
      await removeFrom(
        cloud.sqs,
        place.failedPhotosUrl,
        sending.map(({ message }) => ({ receiptHandle: message.ReceiptHandle ?? '' })),
      );
      moved += sending.length;
      const gone = new Set(sending.map(({ message }) => message));
      kept.push(...messages.filter((message) => !gone.has(message)));
      if (old.length === 0) return moved;
    }
  } finally {
    await unhide(cloud, place, kept);
  }
}

async function receive({ sqs }: Pick<Cloud, 'sqs'>, { failedPhotosUrl }: Place): Promise<Message[]> {
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: failedPhotosUrl,
      MaxNumberOfMessages: 10,
      // A long poll asks all of SQS's servers; a short one can miss what is there.
      WaitTimeSeconds: 1,
      VisibilityTimeout: HIDDEN_SECONDS,
      MessageSystemAttributeNames: ['SentTimestamp'],
    }),
  );
  return messages;
}

function sentMs({ Attributes }: Message): number {
  return Number(Attributes?.SentTimestamp ?? 0);
}

async function unhide(
  { sqs }: Pick<Cloud, 'sqs'>,
  { failedPhotosUrl }: Place,
  messages: readonly Message[],
): Promise<void> {
  for (const ten of inTens(messages)) {
    const entries = ten.map(({ ReceiptHandle = '' }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: failedPhotosUrl, Entries: entries }));
  }
}

/** The jobs of a message; none where it is unreadable. */
export function jobsIn(body: string): CutoutJob[] {
  try {
    return parseJobs(body);
  } catch (error) {
    if (error instanceof InvalidJobError) return [];
    throw error;
  }
}

/** About how many messages a queue holds, waiting or in hand. */
export async function countMessages({ sqs }: Pick<Cloud, 'sqs'>, queueUrl: string): Promise<number> {
  const { Attributes: found = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(found).reduce((sum, count) => sum + Number(count), 0);
}
