import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { seededRandom } from '#test/support/rasters.ts';
import { type RealRun, runReal } from '#test/support/real-run.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

const PHOTOS = 200;
const KILLS = 3;
const WORKERS = 2;
const RUN_HOLDER = fileURLToPath(new URL('../support/real-run-holder.ts', import.meta.url));

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'cutline-killed-'));
});
afterAll(async () => await rm(work, { recursive: true }));

async function writePhotos(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < PHOTOS; n++) {
    const grey = n % 160;
    const background = { r: grey, g: grey, b: 200 - grey };
    const photo = sharp({ create: { width: 60 + n, height: 80, channels: 3, background } }).jpeg();
    await writeFile(join(folder, `photo ${n}.jpg`), await photo.toBuffer());
  }
}

/** Starts the run as a process of its own and kills it a random while after `photos` photos have ended. */
async function runAndKill({ src, dst, model }: RealRun, photos: number, delayMs: number): Promise<void> {
  const run = fork(RUN_HOLDER, [src, dst, model], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  for (let ended = 0; ended < photos; ended++) await once(run, 'message');
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  run.kill('SIGKILL');
  await once(run, 'exit');
}

async function cutoutsIn(dst: string): Promise<Record<string, Buffer>> {
  const folder = join(dst, 'cutouts');
  const names = (await readdir(folder)).sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))])));
}

/** Every record without the fields that may differ between runs. */
async function recordsIn(dst: string): Promise<unknown[]> {
  const names = (await readdir(join(dst, 'records'))).sort();
  return await Promise.all(
    names.map(async (name) => {
      const record = PhotoRecord.parse(JSON.parse(await readFile(join(dst, 'records', name), 'utf8')));
      return { ...record, timesMs: null, attempt: null };
    }),
  );
}

test('200 photos, killed three times at random moments, end as an undisturbed run does', async () => {
  const random = seededRandom(20_26);
  const src = join(work, 'photos');
  const model = await writeTinyModel(join(work, 'model'));
  const undisturbed: RealRun = { src, dst: join(work, 'undisturbed'), model };
  const killed: RealRun = { src, dst: join(work, 'killed'), model };
  await writePhotos(src);
  await runReal(undisturbed);

  for (let kill = 0; kill < KILLS; kill++) {
    await runAndKill(killed, Math.floor(1 + random() * 40), random() * 60);
  }
  const { photos } = await runReal(killed);

  expect(photos.filter((photo) => photo.status === 'done')).toHaveLength(PHOTOS);
  const cutouts = await cutoutsIn(killed.dst);
  expect(Object.keys(cutouts)).toHaveLength(PHOTOS);
  expect(cutouts).toEqual(await cutoutsIn(undisturbed.dst));
  expect(await recordsIn(killed.dst)).toEqual(await recordsIn(undisturbed.dst));
  const segmented = (await readFile(join(killed.dst, 'segmented.txt'), 'utf8')).trim().split('\n').length;
  expect(segmented).toBeGreaterThanOrEqual(PHOTOS);
  expect(segmented).toBeLessThanOrEqual(PHOTOS + KILLS * WORKERS);
});
