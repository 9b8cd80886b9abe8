import { beforeAll, beforeEach, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import type { Preset } from '#functions/contract/preset.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { type Network, Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { type BatchDeps, createHandler } from '#functions/remove-background/handle-batch.ts';
import { StoreError } from '#functions/remove-background/photo-store.ts';
import { contextWith, sqsEvent, sqsRecord } from '#test/support/lambda-events.ts';
import { MemoryStore } from '#test/support/memory-store.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

let network: Network;
let photo: Buffer;
beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  network = await Segmenter.open(bytes, manifest);
  photo = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#333333' } })
    .png()
    .toBuffer();
});

let store: MemoryStore;
let lines: Record<string, unknown>[];
let deps: BatchDeps;
beforeEach(() => {
  store = new MemoryStore();
  for (const key of ['a.png', 'b.png', 'c d.png']) store.photos.set(key, photo);
  lines = [];
  deps = {
    store,
    segmenter: network,
    workspace: new Workspace(),
    presets: BUILT_IN_PRESETS,
    defaultPresets: [BUILT_IN_PRESETS.get('transparent') as Preset],
    limits: PHOTO_LIMITS_DEFAULTS,
    nowMs: () => 0,
    log: (level, facts) => void lines.push({ level, ...facts }),
  };
});

const plentyOfTime = contextWith(() => 60_000);
const direct = (key: string) => ({ bucket: 'photos', key });

test('answers only the messages that failed, and logs one line a photo', async () => {
  store.photos.set('broken.jpg', new TextEncoder().encode('text'));
  const read = store.readPhoto.bind(store);
  store.readPhoto = async (address) => {
    if (address.key === 'b.png') throw new StoreError('throttled', 'Expected the store, got SlowDown');
    return await read(address);
  };
  const event = sqsEvent(
    sqsRecord('1', direct('a.png')),
    sqsRecord('2', direct('b.png'), 3),
    sqsRecord('3', direct('broken.jpg')),
    sqsRecord('4', 'not json'),
  );

  const response = await createHandler(deps)(event, plentyOfTime);

  expect(response.batchItemFailures.map((failure) => failure.itemIdentifier)).toEqual(['2', '4']);
  expect(lines).toMatchObject([
    { key: 'a.png', outcome: 'done', attempt: 1 },
    { key: 'b.png', outcome: 'retry', code: 'throttled' },
    { key: 'broken.jpg', outcome: 'rejected', code: 'not_a_photo' },
    { messageId: '4', outcome: 'retry', code: 'invalid_job' },
  ]);
});

test('answers the whole batch as failures instead of throwing', async () => {
  const response = await createHandler(deps)(sqsEvent(sqsRecord('1', '{}'), sqsRecord('2', '[]')), plentyOfTime);

  expect(response.batchItemFailures).toHaveLength(2);
});

test('works through every record of an S3 notification and acknowledges its test event', async () => {
  const record = (key: string) => ({
    eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'photos' }, object: { key } },
  });
  const event = sqsEvent(
    sqsRecord('1', { Records: [record('a.png'), record('c+d.png')] }),
    sqsRecord('2', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' }),
  );

  const response = await createHandler(deps)(event, plentyOfTime);

  expect(response.batchItemFailures).toEqual([]);
  expect([...store.results.keys()].filter((key) => key.startsWith('records/'))).toEqual([
    'records/a.png.json',
    'records/c d.png.json',
  ]);
});

test('hands the rest of the batch back before the time runs out', async () => {
  // Each photo takes 10 s of a function that has 30: after the second one, 10 are left and a third might not fit.
  const { slow, elapsedMs } = slowDeps(10_000);
  const event = sqsEvent(
    sqsRecord('1', direct('a.png')),
    sqsRecord('2', direct('b.png')),
    sqsRecord('3', direct('c d.png')),
  );

  const response = await createHandler(slow)(
    event,
    contextWith(() => 30_000 - elapsedMs()),
  );

  expect(response.batchItemFailures).toEqual([{ itemIdentifier: '3' }]);
  expect(lines.at(-1)).toMatchObject({ key: 'c d.png', outcome: 'retry', code: 'handed_back' });
  expect([...store.results.keys()]).not.toContain('records/c d.png.json');
});

test('begins the first photo of each invocation, however long others took', async () => {
  // Half again the 25 s of one photo is more than the function ever has.
  const { slow, elapsedMs } = slowDeps(25_000);
  const handle = createHandler(slow);
  const answers: string[][] = [];
  for (const key of ['a.png', 'b.png', 'c d.png']) {
    const startedMs = elapsedMs();
    const context = contextWith(() => 30_000 - (elapsedMs() - startedMs));
    const { batchItemFailures } = await handle(sqsEvent(sqsRecord(key, direct(key))), context);
    answers.push(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  }

  expect(answers).toEqual([[], [], []]);
});

/** A clock that stands still but for the time a photo takes. */
function slowDeps(photoMs: number): { slow: BatchDeps; elapsedMs: () => number } {
  let elapsedMs = 0;
  const segment: BatchDeps['segmenter']['segment'] = async (image) => {
    elapsedMs += photoMs;
    return await network.segment(image);
  };
  const slow = { ...deps, nowMs: () => elapsedMs, segmenter: { manifest: network.manifest, segment } };
  return { slow, elapsedMs: () => elapsedMs };
}
