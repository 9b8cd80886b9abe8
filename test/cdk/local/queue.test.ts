import { fork } from 'node:child_process';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedSqs } from '../../../cdk/local/embedded-sqs.ts';
import { type LocalQueue, openQueue, type QueueOptions } from '../../../cdk/local/queue.ts';
import { temporaryFolder } from '../../support/folders.ts';

async function open(dataDir: string, options: Partial<QueueOptions> = {}): Promise<LocalQueue> {
  const queue = await openQueue(dataDir, options);
  let isOpen = true;
  const close = queue.close.bind(queue);
  queue.close = async () => {
    if (isOpen) await close();
    isOpen = false;
  };
  onTestFinished(() => queue.close());
  return queue;
}

const now = { max: 10, waitSeconds: 0 };

test('keeps every character of a key', async () => {
  const queue = await open(temporaryFolder());
  const key = `a "b" 'c' +%20 ä a\u0308 \u{1F45F} .. x.jpg`;
  const body = JSON.stringify({ bucket: 'photos', key });

  await queue.send([body]);
  const [message] = await queue.receive(now);

  expect(JSON.parse(message?.body ?? '')).toEqual({ bucket: 'photos', key });
});

test('listens on the loopback address only', async () => {
  const sqs = await startEmbeddedSqs(temporaryFolder());
  onTestFinished(() => sqs.close());
  const { hostname, port } = new URL(sqs.endpoint);
  const others = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter((address) => address.family === 'IPv4' && !address.internal).map(({ address }) => address),
  );

  const answers = await Promise.allSettled(
    others.map((address) => fetch(`http://${address}:${port}/health`, { signal: AbortSignal.timeout(2000) })),
  );

  expect(hostname).toBe('127.0.0.1');
  expect(answers.map((answer) => answer.status)).toEqual(others.map(() => 'rejected'));
});

test('gives a returned message again with the next attempt', async () => {
  const queue = await open(temporaryFolder());
  await queue.send(['{"n":1}']);

  const [first] = await queue.receive(now);
  if (first) await queue.returnAfter(first, 1);
  const [second] = await queue.receive({ max: 10, waitSeconds: 1 });

  expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
  expect(second?.messageId).toBe(first?.messageId);
});

test('moves a message to FailedPhotos when its attempts are used up', async () => {
  const queue = await open(temporaryFolder(), { maxReceiveCount: 2 });
  await queue.send(['{"n":1}']);
  for (let attempt = 1; attempt <= 2; attempt++) {
    const [message] = await queue.receive({ max: 10, waitSeconds: 1 });
    if (message) await queue.returnAfter(message, 1);
  }

  // A message that moves to FailedPhotos is given to nobody, so that this answer is empty.
  const last = await queue.receive({ max: 10, waitSeconds: 0.05 });

  expect(last).toEqual([]);
  expect(queue.failedBodies()).toEqual(['{"n":1}']);
  expect(queue.counts()).toEqual({ visible: 0, unfinished: 0 });
});

test('gives photos that failed in an earlier run a new chance', async () => {
  const folder = temporaryFolder();
  const earlier = await open(folder, { maxReceiveCount: 1 });
  await earlier.send(['{"n":1}', '{"n":2}']);
  for (const message of await earlier.receive(now)) await earlier.returnAfter(message, 1);
  await earlier.receive({ max: 10, waitSeconds: 0.05 });
  expect(earlier.failedBodies()).toHaveLength(2);
  await earlier.close();

  const queue = await open(folder);
  const messages = await queue.receive(now);

  expect(messages.map((message) => message.body).sort()).toEqual(['{"n":1}', '{"n":2}']);
  expect(messages.map((message) => message.attempt)).toEqual([1, 1]);
  expect(queue.failedBodies()).toEqual([]);
});

test('keeps its messages when the process is killed, and hands out at once those that were in hand', async () => {
  const folder = temporaryFolder();
  const killed = fork(new URL('../../support/queue-holder.ts', import.meta.url), [folder], {
    execArgv: [],
  });
  const [received] = await once(killed, 'message');
  killed.kill('SIGKILL');
  await once(killed, 'exit');

  const queue = await open(folder);
  const messages = await queue.receive(now);

  expect(received).toEqual(['{"n":1}', '{"n":2}']);
  expect(messages.map((message) => message.body).sort()).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
  expect(queue.counts()).toEqual({ visible: 0, unfinished: 3 });
});
