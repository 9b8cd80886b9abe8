import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { foldersWith } from '../../support/folders.ts';
import { linesOf, runFake } from '../../support/local-run.ts';

const RUN_HOLDER = fileURLToPath(new URL('../../support/run-holder.ts', import.meta.url));
const WORKERS = 2;

/** Starts a whole run as a process of its own and kills it once `photos` photos have ended. */
async function runAndKill(folders: { src: string; dst: string }, photos: number): Promise<void> {
  const run = fork(RUN_HOLDER, [folders.src, folders.dst], { execArgv: [] });
  for (let ended = 0; ended < photos; ended++) await once(run, 'message');
  run.kill('SIGKILL');
  await once(run, 'exit');
}

test('a run that is killed three times ends with every photo made, hardly any of them twice', async () => {
  const names = Array.from({ length: 60 }, (_, n) => `photo-${n}.jpg`);
  const folders = foldersWith(names);
  for (const photos of [5, 9, 14]) await runAndKill(folders, photos);

  const { photos, stop } = await runFake(folders);

  expect(stop).toBeNull();
  expect(photos.map((photo) => photo.status)).toEqual(names.map(() => 'done'));
  const made = linesOf(folders.dst, 'made.txt');
  expect(new Set(made)).toEqual(new Set(names));
  expect(made.length).toBeLessThanOrEqual(names.length + 3 * WORKERS);
});

test('a run that goes on sends no photo twice', async () => {
  const names = Array.from({ length: 40 }, (_, n) => `photo-${n}.jpg`);
  const folders = foldersWith(names);
  await runAndKill(folders, 6);
  const before = linesOf(folders.dst, 'journal.txt').length;
  let total = 0;

  await runFake(folders, {
    observer: {
      onProgress: (progress) => {
        total = progress.total;
      },
    },
  });

  // Nobody counts twice: what had ended is sent again, what waited or was in hand is still there.
  expect(total).toBe(40);
  expect(linesOf(folders.dst, 'journal.txt').length - before).toBe(40);
});

test('its workers end with a run that is killed', async () => {
  const folders = foldersWith(Array.from({ length: 40 }, (_, n) => `photo-${n}.jpg`));
  await runAndKill(folders, 5);
  const workers = new Set(linesOf(folders.dst, 'journal.txt').map((line) => Number(line.split(' ')[2])));

  await expect.poll(() => [...workers].filter(isAlive), { timeout: 5000 }).toEqual([]);

  expect(workers.size).toBeGreaterThan(0);
});

test('a worker that is busy in native code ends with its run, too', async () => {
  const folders = foldersWith(['busy.jpg', 'a.jpg']);
  const run = fork(RUN_HOLDER, [folders.src, folders.dst], { execArgv: [] });
  const line = () => linesOf(folders.dst, 'journal.txt').find((entry) => entry.startsWith('busy'));
  await expect.poll(line, { timeout: 20_000 }).toBeDefined();
  const worker = Number(line()?.split(' ')[2]);

  run.kill('SIGKILL');

  await expect.poll(() => isAlive(worker), { timeout: 5000 }).toBe(false);
});

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
