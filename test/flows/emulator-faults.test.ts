import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { listFailed } from '#cdk/batch/failed-photos.ts';
import { readObject } from '#cdk/batch/objects.ts';
import { redriveFailed } from '#cdk/batch/redrive.ts';
import { S3Store } from '#functions/remove-background/s3-store.ts';
import { type EmulatedStage, greyPhoto, startStage, testOn } from '#test/support/emulated-stage.ts';

const WORKERS = 3;

let stage: EmulatedStage | null = null;
beforeAll(async () => {
  stage = await startStage({ workers: WORKERS });
});
afterEach(() => {
  stage?.proxy.faults.splice(0);
});
afterAll(() => stage?.stop());
const test = testOn(() => stage);

/** An S3 notification as a bucket sends it to a queue itself: keys form-encoded, several records a body. */
function notification(bucket: string, ...keys: readonly string[]) {
  return {
    Records: keys.map((key) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: bucket }, object: { key, size: 1, sequencer: '0' } },
    })),
  };
}

test('an event that comes late, after that of a newer upload, changes nothing', async ({
  place,
  put,
  idle,
  ...stage
}) => {
  const { lines, recordOf, send } = stage;
  await put('late.jpg', await greyPhoto(10));
  await idleAfter(stage, idle, 'late.jpg');
  const older = await recordOf('late.jpg');
  await put('late.jpg', await greyPhoto(200));
  while ((await recordOf('late.jpg'))?.fingerprint === older?.fingerprint) await idle();
  const newer = await recordOf('late.jpg');

  await send(notification(place.photosBucket, 'late.jpg'));
  await idle();

  expect(newer?.source.etag).not.toBe(older?.source.etag);
  expect(await recordOf('late.jpg')).toEqual(newer);
  expect(lines.at(-1)).toMatchObject({ key: 'late.jpg', outcome: 'unchanged' });
});

test('the same event ten times at once, on several workers, makes one record', async ({
  place,
  put,
  send,
  idle,
  ...stage
}) => {
  // Without a photo's ending the upload itself sends nothing.
  await put('ten', await greyPhoto(20));

  await Promise.all(Array.from({ length: 10 }, () => send(notification(place.photosBucket, 'ten'))));
  await idleAfter(stage, idle, 'ten');

  const record = await stage.recordOf('ten');
  expect(record).toMatchObject({ status: 'done', attempt: 1 });
  const outcomes = stage.lines.filter(({ key }) => key === 'ten').map(({ outcome }) => outcome);
  expect(outcomes).toHaveLength(10);
  expect(new Set(outcomes).has('retry')).toBe(false);
});

test('several records of one body, each key decoded as S3 encodes it, are each cut out', async ({
  place,
  put,
  send,
  idle,
  ...stage
}) => {
  const names = ['a b+c', '50% off', 'größe 靴', 'in/ner'];
  for (const [index, name] of names.entries()) await put(`many/${name}`, await greyPhoto(30 + index));
  const encoded = ['many/a+b%2Bc', 'many/50%25+off', 'many/gr%C3%B6%C3%9Fe+%E9%9D%B4', 'many/in%2Fner'];

  await send(notification(place.photosBucket, ...encoded));
  await idleAfter(stage, idle, 'many/in/ner');

  const records = await Promise.all(names.map((name) => stage.recordOf(`many/${name}`)));
  expect(records.map((record) => record?.status)).toEqual(['done', 'done', 'done', 'done']);
});

test("S3's test event is taken off the queue and leaves nothing", async ({ cloud, place, send, idle }) => {
  await send({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: place.photosBucket });
  await idle();

  expect(await listFailed(cloud, place)).toEqual({ jobs: [], unreadable: 0 });
});

test('a photo that was deleted before its turn is recorded as missing', async ({ place, send, idle, ...stage }) => {
  await send(notification(place.photosBucket, 'deleted.jpg'));
  await idleAfter(stage, idle, 'deleted.jpg');

  expect(await stage.recordOf('deleted.jpg')).toMatchObject({ status: 'rejected', code: 'source_missing' });
});

test('a photo that is replaced while it is read is cut out as it is in the end', async ({
  place,
  put,
  idle,
  proxy,
  ...stage
}) => {
  const [first, second] = [await greyPhoto(40), await greyPhoto(140)];
  let isReplaced = false;
  proxy.faults.push(async ({ method, path }) => {
    if (!isReplaced && method === 'GET' && path === `/${place.photosBucket}/replaced`) {
      isReplaced = true;
      await put('replaced', second);
    }
    return null;
  });
  await put('replaced', first);

  await stage.send({ bucket: place.photosBucket, key: 'replaced' });
  await idleAfter(stage, idle, 'replaced');

  expect(isReplaced).toBe(true);
  expect(await stage.recordOf('replaced')).toMatchObject({ status: 'done', source: { bytes: second.length } });
});

test('"503 SlowDown" is waited out', async ({ place, put, idle, proxy, ...stage }) => {
  let left = 4;
  proxy.faults.push(({ path }) => (path.includes('slow.jpg') && left-- > 0 ? 503 : null));

  await put('slow.jpg', await greyPhoto(50));
  await idleAfter(stage, idle, 'slow.jpg');

  expect(left).toBeLessThanOrEqual(0);
  expect(await stage.recordOf('slow.jpg')).toMatchObject({ status: 'done' });
  expect(place.stage).toBe('dev');
});

test('what is forbidden ends in FailedPhotos with its reason logged, and is done once allowed and sent back', async ({
  cloud,
  place,
  ...stage
}) => {
  const { proxy, lines, submit, folderOf, ended } = stage;
  proxy.faults.push(({ path }) => (path === `/${place.photosBucket}/forbidden.jpg` ? 403 : null));
  const { manifest } = await submit(await folderOf({ 'forbidden.jpg': await greyPhoto(60) }), 'forbidden');
  const before = await ended(manifest);
  proxy.faults.splice(0);

  const { moved } = await redriveFailed(cloud, place);

  expect(before.map(({ status }) => status)).toEqual(['failed']);
  expect(moved).toBe(1);
  const tries = lines.filter(({ key }) => key === 'forbidden.jpg').map(({ outcome, code }) => [outcome, code]);
  expect(tries.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ['retry', 'access_denied']));
  await stage.idle();
  expect((await ended(manifest)).map(({ status }) => status)).toEqual(['done']);
  expect(await listFailed(cloud, place)).toEqual({ jobs: [], unreadable: 0 });
});

test('of writers who expect the same version exactly one wins', async ({ cloud, place }) => {
  const store = new S3Store(cloud.s3, { cutouts: place.cutoutsBucket });
  const key = 'cutouts/race.png';
  const race = async (expected: string | null) => {
    const write = (writer: number) =>
      store.writeResult(key, Uint8Array.of(writer, expected === null ? 0 : 1), { contentType: 'image/png', expected });
    const won = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(write));
    const [winner] = (await readObject(cloud.s3, { bucket: place.cutoutsBucket, key })) ?? [];
    return { wins: won.filter(Boolean).length, isWinner: won[(winner ?? 0) - 1] };
  };

  const created = await race(null);
  const replaced = await race(await store.resultEtag(key));
  const stale = await store.writeResult(key, Uint8Array.of(9), { contentType: 'image/png', expected: 'of-nobody' });

  expect(created).toEqual({ wins: 1, isWinner: true });
  expect(replaced).toEqual({ wins: 1, isWinner: true });
  expect(stale).toBe(false);
});

/** An upload's message needs a moment to arrive: waits for the photo's record, then for the queue. */
async function idleAfter(
  { recordOf }: Pick<EmulatedStage, 'recordOf'>,
  idle: () => Promise<void>,
  key: string,
): Promise<void> {
  while ((await recordOf(key)) === null) await idle();
  await idle();
}
