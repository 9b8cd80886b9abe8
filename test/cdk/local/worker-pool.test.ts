import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import { expect, onTestFinished, test } from 'vitest';
import { WorkerPool, type WorkerPoolOptions } from '../../../cdk/local/worker-pool.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { FAKE_HANDLER } from '../../support/local-run.ts';

function startPool(options: Partial<WorkerPoolOptions> = {}): {
  pool: WorkerPool;
  lines: string[];
  fatal: Promise<Error>;
} {
  const lines: string[] = [];
  const { promise: fatal, resolve } = Promise.withResolvers<Error>();
  const pool = new WorkerPool({
    handlerPath: FAKE_HANDLER,
    workers: 1,
    onLine: (line) => lines.push(line),
    onFatal: resolve,
    ...options,
    env: { CUTLINE_CUTOUTS: temporaryFolder(), ...options.env },
  });
  onTestFinished(() => pool.close());
  return { pool, lines, fatal };
}

function eventFor(key: string): SQSEvent {
  const attributes = {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: '0',
    ApproximateFirstReceiveTimestamp: '0',
  };
  const body = JSON.stringify({ bucket: 'photos', key });
  const source = { eventSource: 'aws:sqs', eventSourceARN: 'arn', awsRegion: 'us-east-1' };
  const message = { messageId: 'm1', receiptHandle: 'r1', body, attributes, messageAttributes: {}, md5OfBody: '' };
  return { Records: [{ ...message, ...source }] };
}

test("gives the handler's answer and its output", async () => {
  const { pool, lines } = startPool();

  const answer = await pool.invoke(eventFor('retry.jpg'));
  await pool.close();

  expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
  expect(lines).toContainEqual(expect.stringContaining('"key":"retry.jpg"'));
});

test('tells the handler how much time it has', async () => {
  const { pool, lines } = startPool({ timeoutMs: 5000 });

  await pool.invoke(eventFor('a.jpg'));
  await pool.close();

  const left = Number(lines.find((line) => line.endsWith('ms left'))?.split(' ')[0]);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(5000);
});

test("keeps the young part of a worker's heap small", async () => {
  const handlerPath = join(temporaryFolder(), 'handler.mjs');
  writeFileSync(
    handlerPath,
    `import { getHeapSpaceStatistics } from 'node:v8';
     export async function handler() {
       const kept = [];
       for (let i = 0; i < 3e6; i++) kept[i % 2e5] = { i };
       const { space_size } = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
       console.log(space_size + ' young bytes');
     }`,
  );
  const { pool, lines } = startPool({ handlerPath });

  await pool.invoke(eventFor('a.jpg'));
  await pool.close();

  const young = Number(lines.find((line) => line.endsWith('young bytes'))?.split(' ')[0]);
  expect(young).toBeGreaterThan(0);
  expect(young).toBeLessThanOrEqual(4 * 2 ** 20);
});

test('tells a handler that throws from a worker that dies', async () => {
  const { pool } = startPool();

  await expect(pool.invoke(eventFor('throw.jpg'))).rejects.toMatchObject({ code: 'handler_error' });
  await expect(pool.invoke(eventFor('crash.jpg'))).rejects.toMatchObject({ code: 'worker_crashed' });
  await expect(pool.invoke(eventFor('a.jpg'))).resolves.toEqual({ batchItemFailures: [] });
});

test('gives up on workers that take too long to start', async () => {
  const { fatal } = startPool({ env: { FAKE_BROKEN: 'stuck' }, startTimeoutMs: 100 });

  expect(await fatal).toMatchObject({ code: 'workers_do_not_start' });
});

test('gives back what waits and what is in hand when it is closed', async () => {
  const { pool } = startPool();
  const [inHand, waiting] = ['hang.jpg', 'a.jpg'].map((key) => pool.invoke(eventFor(key)));

  await Promise.all([
    expect(inHand).rejects.toMatchObject({ code: 'stopped' }),
    expect(waiting).rejects.toMatchObject({ code: 'stopped' }),
    pool.close(),
  ]);
});
