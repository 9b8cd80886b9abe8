import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, expect } from 'vitest';
import { readOutcomes } from '#cdk/batch/batch-outcomes.ts';
import { progressOf } from '#cdk/batch/batch-progress.ts';
import { announceCompletion } from '#cdk/batch/complete-batch.ts';
import { createEmulated } from '#cdk/batch/create-emulated.ts';
import { destroyStage } from '#cdk/batch/destroy-stage.ts';
import { endBatches } from '#cdk/batch/end-batches.ts';
import { listFailed } from '#cdk/batch/failed-photos.ts';
import { readObject, writeObject } from '#cdk/batch/objects.ts';
import { observedPhotoCost } from '#cdk/batch/observed-cost.ts';
import { findPlace } from '#cdk/batch/place.ts';
import { redriveFailed } from '#cdk/batch/redrive.ts';
import { reportBatch } from '#cdk/batch/report-batch.ts';
import { retryBatch } from '#cdk/batch/retry-batch.ts';
import { type EmulatedStage, greyPhoto, startStage, testOn } from '#test/support/emulated-stage.ts';

const HARD_NAMES = ['a b+c.jpg', '100%2F off.jpg', 'Schuh \u{1F45F} ü.jpg', 'deep/er/PHOTO.JPG'];

let stage: EmulatedStage | null = null;
beforeAll(async () => {
  stage = await startStage({ workers: 2 });
});
afterAll(() => stage?.stop());
const test = testOn(() => stage);

test('finds by CloudFormation what it made of the synthesized template, and making it again changes nothing', async ({
  cloud,
  place,
  work,
}) => {
  const again = await createEmulated(
    cloud,
    'dev',
    JSON.parse(await readFile(join(work, 'cdk.out/Cutline-dev.template.json'), 'utf8')),
  );

  expect(again).toEqual(place);
  expect(await findPlace(cloud, 'dev')).toEqual(place);
  await expect(findPlace(cloud, 'prod')).rejects.toMatchObject({ code: 'stage_missing' });
});

test('an upload becomes an event, a message and a cutout, whatever its name', async ({ place, put, submit, ended }) => {
  for (const [index, key] of HARD_NAMES.entries()) {
    await put(`up/${key}`, await greyPhoto(10 + index));
  }

  const { manifest, uploaded } = await submit(`s3://${place.photosBucket}/up/`);

  const outcomes = await ended(manifest);
  expect(uploaded).toBe(0);
  expect(outcomes.map(({ photo: { key }, status }) => [key, status])).toEqual(
    HARD_NAMES.map((key) => [`up/${key}`, 'done']).sort(),
  );
});

test('a folder is submitted once: the same again sends nothing, another content under its id is refused', async ({
  folderOf,
  submit,
  ended,
}) => {
  const folder = await folderOf({ 'one.jpg': await greyPhoto(50), 'two.jpg': await greyPhoto(60) });

  const first = await submit(folder, 'spring');
  const second = await submit(folder, 'spring');
  await writeFile(join(folder, 'three.jpg'), await greyPhoto(70));

  expect(first).toMatchObject({ sent: 2, uploaded: 2 });
  expect(second).toMatchObject({ sent: 0, uploaded: 0 });
  await expect(submit(folder, 'spring')).rejects.toMatchObject({ code: 'batch_differs' });
  expect((await ended(first.manifest)).map(({ status }) => status)).toEqual(['done', 'done']);
});

test('a photo that can never succeed is recorded at once, and the batch announces its end once', async ({
  cloud,
  place,
  folderOf,
  submit,
  ended,
}) => {
  const folder = await folderOf({
    'good.jpg': await greyPhoto(80),
    'poison.jpg': new TextEncoder().encode('no photo'),
  });
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

test('ten duplicates of a job leave one record, and the record does not change', async ({
  place,
  send,
  idle,
  ...stage
}) => {
  const { folderOf, submit, ended } = stage;
  const { manifest } = await submit(await folderOf({ 'again.jpg': await greyPhoto(90) }), 'duplicates');
  const [before] = await ended(manifest);
  const job = { bucket: place.photosBucket, key: 'again.jpg' };

  await Promise.all(Array.from({ length: 10 }, () => send(job)));

  await idle();
  const [after] = await ended(manifest);
  expect(after?.record).toEqual(before?.record);
});

test('what no retry can help ends in FailedPhotos, from where redrive sends it again without losing it', async ({
  cloud,
  place,
  send,
}) => {
  await send('no JSON');
  while ((await listFailed(cloud, place)).unreadable < 1) await sleep(200);

  const { moved } = await redriveFailed(cloud, place);

  expect(moved).toBe(1);
  while ((await listFailed(cloud, place)).unreadable < 1) await sleep(200);
});

test('retry sends only what was chosen', async ({ cloud, place, folderOf, submit, ended }) => {
  const { manifest } = await submit(
    await folderOf({ 'r1.jpg': await greyPhoto(20), 'r2.jpg': await greyPhoto(30) }),
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

test('a report has a row for every photo, and brings the photos and cutouts it shows', async ({ work, ...stage }) => {
  const { cloud, place, folderOf, submit, ended } = stage;
  const photos = { 'good.jpg': await greyPhoto(100), 'bad.jpg': new TextEncoder().encode('no photo') };
  const { manifest } = await submit(await folderOf(photos), 'reported');
  const outcomes = await ended(manifest);
  const dst = join(work, 'report');

  const { totals } = await reportBatch(cloud, place, { manifest, outcomes, dst, pictures: 1, now: new Date() });

  expect(totals).toMatchObject({ photos: 2, done: 1, rejected: 1, failed: 0 });
  const [heading = [], ...rows] = parse(await readFile(join(dst, 'report.csv'), 'utf8'), { bom: true });
  expect(rows.map((row) => row[heading.indexOf('Key')])).toEqual(['bad.jpg', 'good.jpg']);
  expect(rows.map((row) => row[heading.indexOf('Bucket')])).toEqual([place.photosBucket, place.photosBucket]);
  // The one that is shown is the worst.
  expect(await readFile(join(dst, 'photos/bad.jpg'), 'utf8')).toBe('no photo');
  await expect(readFile(join(dst, 'photos/good.jpg'))).rejects.toThrow('ENOENT');
});

test('a batch that nobody looks at is announced, once, when it has ended', async ({ cloud, place, ...stage }) => {
  const { folderOf, submit, ended, idle } = stage;
  const { manifest } = await submit(await folderOf({ 'unseen.jpg': await greyPhoto(110) }), 'unseen');
  await ended(manifest);
  await idle();

  const first = await endBatches(cloud, place, Date.now());
  const second = await endBatches(cloud, place, Date.now());

  expect(first).toContain('unseen');
  expect(second).toEqual([]);
});

test('a batch whose messages are lost ends after a while, and says how many wait', async ({
  cloud,
  place,
  ...stage
}) => {
  const { folderOf, submit, ended, idle } = stage;
  const { manifest } = await submit(await folderOf({ 'lost.jpg': await greyPhoto(120) }), 'lost');
  await ended(manifest);
  await idle();
  // As if the photo had been replaced and the event of it had never come.
  await retryBatch(cloud, place, {
    id: 'lost',
    choice: { failed: false, review: false, changed: true, preset: 'white' },
  });
  await ended({ ...manifest, photos: manifest.photos.map((one) => ({ ...one, preset: 'white' })) });
  await idle();
  await cloud.s3.send(new PutObjectCommand({ Bucket: place.cutoutsBucket, Key: 'records/lost.jpg.json', Body: '{}' }));

  const soon = await endBatches(cloud, place, Date.now());
  const later = await endBatches(cloud, place, Date.now() + 16 * 60_000);

  expect([soon, later]).toEqual([[], ['lost']]);
  const [outcome] = await readOutcomes(cloud, place, { manifest });
  expect(outcome?.status).toBe('waiting');
});

test('what photos took on a stage so far is what the next ones are reckoned with', async ({
  cloud,
  place,
  ...stage
}) => {
  const files: Record<string, Uint8Array> = {};
  for (let n = 0; n < 10; n++) files[`past${n}.jpg`] = await greyPhoto(130 + n);
  const { manifest } = await stage.submit(await stage.folderOf(files), 'past');
  await stage.ended(manifest);

  const cost = await observedPhotoCost(cloud, place);

  expect(cost?.from).toMatch(/^\d+ photos of the stage dev$/);
  // A tiny network on tiny photos.
  expect(cost?.seconds).toBeGreaterThan(0);
  expect(cost?.seconds).toBeLessThan(10);
});

test('a stage that is removed is gone, and its buckets are not', async ({ cloud, work }) => {
  const template = JSON.parse(await readFile(join(work, 'cdk.out/Cutline-dev.template.json'), 'utf8'));
  const spare = await createEmulated(cloud, 'spare', template);
  const note = { bucket: spare.cutoutsBucket, key: 'records/a.jpg.json' };
  await writeObject(cloud.s3, note, '{}');

  await destroyStage(cloud, 'spare');

  await expect(findPlace(cloud, 'spare')).rejects.toMatchObject({ code: 'stage_missing' });
  expect(await readObject(cloud.s3, note)).not.toBeNull();
});
