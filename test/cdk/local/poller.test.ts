import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { Poller, type PollerOptions } from '../../../cdk/local/poller.ts';
import { type LocalQueue, openQueue } from '../../../cdk/local/queue.ts';
import { temporaryFolder } from '../../support/folders.ts';

type Handle = (event: SQSEvent) => SQSBatchResponse | null | Promise<SQSBatchResponse | null>;

async function queueWith(bodies: readonly string[], maxReceiveCount = 5): Promise<LocalQueue> {
  const queue = await openQueue(temporaryFolder(), { maxReceiveCount });
  onTestFinished(() => queue.close());
  await queue.send(bodies);
  return queue;
}

/** Polls until the queue is empty. @returns The events the handler got, as bodies. */
async function drain(queue: LocalQueue, handle: Handle, options: Partial<PollerOptions> = {}): Promise<string[][]> {
  const events: string[][] = [];
  const poller = new Poller({
    queue,
    invoke: async (event) => {
      events.push(event.Records.map((record) => record.body));
      return handle(event);
    },
    maxConcurrency: 1,
    backoffMs: () => 20,
    onFinished: async () => {},
    onFailed: () => {},
    ...options,
  });
  poller.finish();
  await poller.run();
  return events;
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}`);
const allDone: Handle = () => ({ batchItemFailures: [] });
const handBack = (event: SQSEvent, isFailed: (body: string) => boolean): SQSBatchResponse => ({
  batchItemFailures: event.Records.filter((record) => isFailed(record.body)).map((record) => ({
    itemIdentifier: record.messageId,
  })),
});

test('hands out full batches in order, and a last one of what is left', async () => {
  const queue = await queueWith(numbered(6));

  const events = await drain(queue, allDone);

  expect(events).toEqual([numbered(4), numbered(6).slice(4)]);
});

test("shares what is left among the workers instead of filling one's batch", async () => {
  const queue = await queueWith(numbered(4));

  const events = await drain(queue, allDone, { maxConcurrency: 2 });

  expect(events.map((bodies) => bodies.length)).toEqual([2, 1, 1]);
});

test('gives the handler what Lambda gives it', async () => {
  const queue = await queueWith(['{"n":1}']);
  const records: unknown[] = [];

  await drain(queue, (event) => {
    records.push(...event.Records);
    return null;
  });

  expect(records).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"n":1}',
      // printf '{"n":1}' | md5sum
      md5OfBody: '082c26c8a6bc75226a31da5495cc9292',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {},
      eventSource: 'aws:sqs',
      eventSourceARN: expect.stringMatching(/^arn:aws:sqs:.*:PhotoQueue$/),
      awsRegion: 'us-east-1',
    },
  ]);
});

test('takes off the queue what succeeded and hands out the rest again', async () => {
  const queue = await queueWith(numbered(4));
  let calls = 0;

  const events = await drain(queue, (event) => handBack(event, (body) => calls++ < 4 && body === '{"n":2}'));

  expect(events).toEqual([numbered(4), ['{"n":2}']]);
});

test('hands out the whole batch again when the handler throws', async () => {
  const queue = await queueWith(numbered(3));
  let calls = 0;

  const events = await drain(queue, () => {
    if (calls++ === 0) throw new Error('no such luck');
    return null;
  });

  expect(events).toEqual([numbered(3), ['{"n":0}'], ['{"n":1}'], ['{"n":2}']]);
});

test('hands out the whole batch again when the response names a message that is not in it', async () => {
  const queue = await queueWith(numbered(2));
  let calls = 0;

  const events = await drain(queue, () => ({ batchItemFailures: calls++ === 0 ? [{ itemIdentifier: 'bogus' }] : [] }));

  expect(events).toEqual([numbered(2), ['{"n":0}'], ['{"n":1}']]);
});

test('leaves a message that fails every time to the dead-letter queue', async () => {
  const queue = await queueWith(numbered(2), 2);
  const attempts: number[] = [];

  await drain(queue, (event) => handBack(event, (body) => body === '{"n":1}'), {
    maxReceiveCount: 2,
    onFailed: (messages) => attempts.push(...messages.map((message) => message.attempt)),
  });

  expect(attempts).toEqual([1, 2]);
  expect(queue.failedBodies()).toEqual(['{"n":1}']);
});

test('waits longer after each attempt', async () => {
  const queue = await queueWith(numbered(1));
  const asked: number[] = [];
  let calls = 0;

  await drain(queue, (event) => handBack(event, () => calls++ < 3), {
    backoffMs: (attempt) => {
      asked.push(attempt);
      return 10 * attempt;
    },
  });

  expect(asked).toEqual([1, 2, 3]);
});

test('ends with the error of a queue that breaks', async () => {
  const queue = await queueWith(numbered(1));
  queue.remove = () => Promise.reject(new Error('disk I/O error'));

  await expect(drain(queue, allDone)).rejects.toThrow('disk I/O error');
});
