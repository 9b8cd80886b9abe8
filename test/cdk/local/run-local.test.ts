import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { foldersWith } from '../../support/folders.ts';
import { linesOf, runFake } from '../../support/local-run.ts';

const photosNamed = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}-${n}.jpg`);

test('ends with one outcome for every photo, its folder kept', async () => {
  const folders = foldersWith(['b.jpg', 'a/c.png', 'reject.jpg', 'a "b" +\u{1F45F} a\u0308..jpg']);

  const { photos, stop } = await runFake(folders);

  expect(photos.map(({ key, status, code }) => [key, status, code])).toEqual([
    ['a "b" +\u{1F45F} a\u0308..jpg', 'done', undefined],
    ['a/c.png', 'done', undefined],
    ['b.jpg', 'done', undefined],
    ['reject.jpg', 'rejected', 'corrupt'],
  ]);
  expect(photos[1]?.record?.source.key).toBe('a/c.png');
  expect(stop).toBeNull();
});

test('tries again what the handler gives back, and keeps the rest of the batch', async () => {
  const folders = foldersWith(['a.jpg', 'b.jpg', 'flaky.jpg', 'z.jpg']);

  const { photos } = await runFake(folders, { workers: 1 });

  expect(photos.map((photo) => photo.status)).toEqual(['done', 'done', 'done', 'done']);
  const keys = linesOf(folders.dst, 'journal.txt').map((line) => line.split(' ').slice(0, 2).join(' '));
  expect(keys).toEqual(['a.jpg 1', 'b.jpg 1', 'flaky.jpg 1', 'z.jpg 1', 'flaky.jpg 2']);
});

test('gives up on a photo after its attempts and says why', async () => {
  const folders = foldersWith(['a.jpg', 'retry.jpg']);

  const { photos } = await runFake(folders, { maxReceiveCount: 3 });

  expect(photos).toMatchObject([
    { key: 'a.jpg', status: 'done' },
    { key: 'retry.jpg', status: 'failed', code: 'throttled', message: 'The store is busy.' },
  ]);
  expect(linesOf(folders.dst, 'journal.txt').filter((line) => line.startsWith('retry'))).toHaveLength(3);
});

test('a photo that kills its worker does not take the others of its batch with it', async () => {
  const folders = foldersWith(['a.jpg', 'crash.jpg', 'y.jpg', 'z.jpg']);

  const { photos } = await runFake(folders, { workers: 1, maxReceiveCount: 2 });

  expect(photos.map(({ key, status, code }) => [key, status, code])).toEqual([
    ['a.jpg', 'done', undefined],
    ['crash.jpg', 'failed', 'worker_crashed'],
    ['y.jpg', 'done', undefined],
    ['z.jpg', 'done', undefined],
  ]);
});

test('stops a photo at the timeout and goes on with the rest', async () => {
  const folders = foldersWith(['a.jpg', 'hang.jpg', 'z.jpg']);

  const { photos } = await runFake(folders, { workers: 1, maxReceiveCount: 2, timeoutMs: 700 });

  expect(photos.map(({ status, code }) => [status, code])).toEqual([
    ['done', undefined],
    ['failed', 'timeout'],
    ['done', undefined],
  ]);
});

test('leaves a batch the time it takes as long as its photos come', async () => {
  const folders = foldersWith(photosNamed('slow', 8));

  // 2.1 s and more for a batch of three or four, each of them in time.
  const { photos } = await runFake(folders, {
    workers: 1,
    maxReceiveCount: 1,
    timeoutMs: 2_000,
    workerEnv: { FAKE_PHOTO_MS: '700' },
  });

  expect(photos.map(({ status, code }) => [status, code])).toEqual(Array(8).fill(['done', undefined]));
  expect(Math.max(...linesOf(folders.dst, 'batches.txt').map(Number))).toBeGreaterThan(2);
});

test('replaces a worker that was stopped by a signal', async () => {
  const folders = foldersWith(photosNamed('photo', 12));
  let stopped = 0;

  const { photos } = await runFake(folders, {
    workers: 2,
    timeoutMs: 1000,
    workerEnv: { FAKE_PHOTO_MS: '20' },
    observer: {
      onWorkerLine: (line) => {
        if (stopped === 0 && line.includes('"outcome"')) {
          stopped = Number(linesOf(folders.dst, 'journal.txt')[0]?.split(' ')[2]);
          process.kill(stopped, 'SIGSTOP');
        }
      },
    },
  });

  expect(stopped).toBeGreaterThan(0);
  expect(photos.map((photo) => photo.status)).toEqual(photosNamed('photo', 12).map(() => 'done'));
});

test('makes nothing twice when it runs again', async () => {
  const folders = foldersWith(photosNamed('photo', 10));
  await runFake(folders);

  const { photos } = await runFake(folders);

  expect(photos.every((photo) => photo.status === 'done')).toBe(true);
  expect(linesOf(folders.dst, 'made.txt')).toHaveLength(10);
});

test('stops at the first sign of a full disk, with the rest left for the next run', async () => {
  const folders = foldersWith(['full.jpg', ...photosNamed('photo', 30)]);

  const { photos, stop } = await runFake(folders, { workers: 1, workerEnv: { FAKE_PHOTO_MS: '20' } });

  expect(stop?.code).toBe('disk_full');
  expect(photos[0]).toMatchObject({ key: 'full.jpg', status: 'failed', code: 'disk_full' });
  expect(photos.filter((photo) => photo.code === 'disk_full').length).toBeGreaterThan(20);
});

test('finishes the photos in hand when it is interrupted, and the rest when it runs again', async () => {
  const folders = foldersWith(photosNamed('photo', 30));
  const interruption = new AbortController();
  const options = { workerEnv: { FAKE_PHOTO_MS: '20' } };

  const first = await runFake(folders, {
    ...options,
    signal: interruption.signal,
    observer: { onPhoto: () => interruption.abort() },
  });
  const taken = linesOf(folders.dst, 'journal.txt').length;
  const second = await runFake(folders, options);

  expect(first.stop?.code).toBe('interrupted');
  expect(first.photos.filter((photo) => photo.status === 'done')).toHaveLength(taken);
  expect(first.photos.filter((photo) => photo.code === 'not_processed')).toHaveLength(30 - taken);
  expect(second.photos.filter((photo) => photo.status === 'done')).toHaveLength(30);
  expect(linesOf(folders.dst, 'made.txt').sort()).toEqual(photosNamed('photo', 30).sort());
});

test('gives up with the last words of its workers when they do not start', async () => {
  const folders = foldersWith(['a.jpg']);

  const run = runFake(folders, { workerEnv: { FAKE_BROKEN: '1' } });

  await expect(run).rejects.toMatchObject({
    code: 'workers_do_not_start',
    message: expect.stringContaining('Expected a model, got none'),
  });
});

test('says what is wrong with its folders', async () => {
  const empty = foldersWith([]);
  const folders = foldersWith(['a.jpg']);
  const nested = foldersWith(['a.jpg']);
  writeFileSync(join(folders.dst, 'file'), '');

  const codes = await Promise.all(
    [
      { src: join(folders.src, 'nowhere'), dst: folders.dst },
      empty,
      { src: folders.src, dst: join(folders.dst, 'file', 'below') },
      { src: folders.src, dst: folders.src },
      { src: nested.src, dst: join(nested.src, '..') },
    ].map((pair) => runFake(pair).catch((error: { code: string }) => error.code)),
  );

  expect(codes.slice(0, 4)).toEqual(['source_missing', 'no_photos', 'target_unwritable', 'target_overlaps_source']);
  expect(codes[4]).toMatchObject({ photos: [{ key: 'a.jpg', status: 'done' }] });
  expect(readdirSync(folders.src)).toEqual(['a.jpg']);
});

test('refuses a second run on the same target', async () => {
  const folders = foldersWith(photosNamed('photo', 8));
  let refused: unknown = null;

  await runFake(folders, {
    observer: {
      onPhoto: () => {
        refused ??= runFake(folders).catch((error: { code: string }) => error.code);
      },
    },
  });

  expect(await refused).toBe('already_running');
});
