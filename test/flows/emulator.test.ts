import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, type TestContext, test as vitestTest } from 'vitest';
import type { BatchManifest } from '#cdk/batch/batch-manifest.ts';
import { type BatchOutcome, readOutcomes } from '#cdk/batch/batch-outcomes.ts';
import { progressOf } from '#cdk/batch/batch-progress.ts';
import { type Cloud, openCloud } from '#cdk/batch/cloud.ts';
import { announceCompletion } from '#cdk/batch/complete-batch.ts';
import { createEmulated } from '#cdk/batch/create-emulated.ts';
import { countMessages, listFailed } from '#cdk/batch/failed-photos.ts';
import { findPlace, type Place } from '#cdk/batch/place.ts';
import { readSource } from '#cdk/batch/read-source.ts';
import { redriveFailed } from '#cdk/batch/redrive.ts';
import { retryBatch } from '#cdk/batch/retry-batch.ts';
import { submitBatch } from '#cdk/batch/submit-batch.ts';
import { workQueue } from '#cdk/batch/work-queue.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { type Emulator, startMoto } from '#test/support/emulator.ts';
import { synthesizeStack } from '#test/support/synthesized-stack.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

const HARD_NAMES = ['a b+c.jpg', '100%2F off.jpg', 'Schuh \u{1F45F} ü.jpg', 'deep/er/PHOTO.JPG'];

let work: string;
let moto: Emulator | null;
let cloud: Cloud;
let place: Place;
const end = new AbortController();
let working: Promise<void> = Promise.resolve();
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'cutline-emulator-'));
  moto = await startMoto();
  if (moto === null) return;
  cloud = openCloud({ endpoint: moto.endpoint });
  place = await createEmulated(cloud, 'dev', synthesizeStack(work).toJSON());
  const modelFolder = await writeTinyModel(join(work, 'model'));
  working = workQueue(cloud, place, { workers: 2, modelFolder, signal: end.signal, backoffMs: () => 0 });
});
afterAll(async () => {
  end.abort();
  await working;
  moto?.stop();
  await rm(work, { recursive: true });
});

/** A test that says so where there is no emulator. */
function test(name: string, run: () => Promise<void>): void {
  vitestTest(name, async (context: TestContext) => {
    if (moto === null) context.skip('NOT RUN: there is no emulator, because Python is missing');
    await run();
  });
}

async function photo(grey: number): Promise<Buffer> {
  const background = { r: grey, g: grey, b: grey };
  return await sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

async function folderOf(files: Record<string, Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(work, 'photos-'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

async function submit(text: string, id?: string) {
  const source = await readSource(text, cloud, { photosBucket: place.photosBucket });
  return await submitBatch(cloud, place, {
    submission: { text, source, id },
    confirm: async () => true,
    now: () => new Date(),
  });
}

async function ended(manifest: BatchManifest): Promise<readonly BatchOutcome[]> {
  for (;;) {
    const outcomes = await readOutcomes(cloud, place, { manifest });
    if (outcomes.every(({ status }) => status !== 'waiting')) return outcomes;
    await sleep(200);
  }
}

test('finds by CloudFormation what it made of the synthesized template, and making it again changes nothing', async () => {
  const again = await createEmulated(
    cloud,
    'dev',
    JSON.parse(await readFile(join(work, 'cdk.out/Cutline-dev.template.json'), 'utf8')),
  );

  expect(again).toEqual(place);
  expect(await findPlace(cloud, 'dev')).toEqual(place);
  await expect(findPlace(cloud, 'prod')).rejects.toMatchObject({ code: 'stage_missing' });
});

test('an upload becomes an event, a message and a cutout, whatever its name', async () => {
  for (const [index, key] of HARD_NAMES.entries()) {
    await cloud.s3.send(
      new PutObjectCommand({ Bucket: place.photosBucket, Key: `up/${key}`, Body: await photo(10 + index) }),
    );
  }

  const { manifest, uploaded } = await submit(`s3://${place.photosBucket}/up/`);

  const outcomes = await ended(manifest);
  expect(uploaded).toBe(0);
  expect(outcomes.map(({ photo: { key }, status }) => [key, status])).toEqual(
    HARD_NAMES.map((key) => [`up/${key}`, 'done']).sort(),
  );
});

test('a folder is submitted once: the same again sends nothing, another content under its id is refused', async () => {
  const folder = await folderOf({ 'one.jpg': await photo(50), 'two.jpg': await photo(60) });

  const first = await submit(folder, 'spring');
  const second = await submit(folder, 'spring');
  await writeFile(join(folder, 'three.jpg'), await photo(70));

  expect(first).toMatchObject({ sent: 2, uploaded: 2 });
  expect(second).toMatchObject({ sent: 0, uploaded: 0 });
  await expect(submit(folder, 'spring')).rejects.toMatchObject({ code: 'batch_differs' });
  expect((await ended(first.manifest)).map(({ status }) => status)).toEqual(['done', 'done']);
});

test('a photo that can never succeed is recorded at once, and the batch announces its end once', async () => {
  const folder = await folderOf({ 'good.jpg': await photo(80), 'poison.jpg': new TextEncoder().encode('no photo') });
  const { manifest } = await submit(folder, 'poisoned');

  const outcomes = await ended(manifest);

  expect(outcomes.map(({ status, record }) => [status, record?.attempt])).toEqual([
    ['done', 1],
    ['rejected', 1],
  ]);
  const progress = progressOf(outcomes, { manifest, place, nowMs: Date.now() });
  expect(progress).toMatchObject({ photos: 2, done: 1, rejected: 1, failed: 0, waiting: 0 });
  expect(await announceCompletion(cloud, place, { manifest, progress })).toBe(true);
  expect(await announceCompletion(cloud, place, { manifest, progress })).toBe(false);
});

test('ten duplicates of a job leave one record, and the record does not change', async () => {
  const { manifest } = await submit(await folderOf({ 'again.jpg': await photo(90) }), 'duplicates');
  const [before] = await ended(manifest);
  const body = JSON.stringify({ bucket: place.photosBucket, key: 'again.jpg' });

  await Promise.all(
    Array.from({ length: 10 }, () =>
      cloud.sqs.send(new SendMessageCommand({ QueueUrl: place.photoQueueUrl, MessageBody: body })),
    ),
  );

  while ((await countMessages(cloud, place.photoQueueUrl)) > 0) await sleep(200);
  const [after] = await ended(manifest);
  expect(after?.record).toEqual(before?.record);
});

test('what no retry can help ends in FailedPhotos, from where redrive sends it again without losing it', async () => {
  await cloud.sqs.send(new SendMessageCommand({ QueueUrl: place.photoQueueUrl, MessageBody: 'no JSON' }));
  while ((await listFailed(cloud, place)).unreadable < 1) await sleep(200);

  const { moved } = await redriveFailed(cloud, place);

  expect(moved).toBe(1);
  while ((await listFailed(cloud, place)).unreadable < 1) await sleep(200);
});

test('retry sends only what was chosen', async () => {
  const { manifest } = await submit(
    await folderOf({ 'r1.jpg': await photo(20), 'r2.jpg': await photo(30) }),
    'retried',
  );
  await ended(manifest);
  const nothing = { failed: false, review: false, changed: false };

  expect(await retryBatch(cloud, place, { id: 'retried', choice: { ...nothing, failed: true } })).toBe(0);
  expect(
    await retryBatch(cloud, place, { id: 'retried', choice: { ...nothing, changed: true, preset: 'white' } }),
  ).toBe(2);

  const white = { ...manifest, photos: manifest.photos.map((one) => ({ ...one, preset: 'white' })) };
  expect((await ended(white)).map(({ record }) => record?.preset)).toEqual(['white', 'white']);
});
