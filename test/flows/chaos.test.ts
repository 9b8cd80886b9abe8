import { hash } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { listObjects, readObject } from '#cdk/batch/objects.ts';
import { reportInputs } from '#cdk/batch/report-batch.ts';
import { buildReport } from '#cdk/report/report.ts';
import { recordKey } from '#functions/contract/output-keys.ts';
import { seededRandom } from '#models/math/random.ts';
import { plainPhoto } from '#test/support/drawn-photo.ts';
import { type EmulatedStage, startStage, testOn } from '#test/support/emulated-stage.ts';
import { killWorkers } from '#test/support/worker-killer.ts';

/** A small round each time; `.ci/chaos` runs it with 1,000 photos, 4 workers and a kill every 5 seconds. */
const { CUTLINE_CHAOS_PHOTOS = '40', CUTLINE_CHAOS_WORKERS = '2', CUTLINE_CHAOS_KILL_MS = '1000' } = process.env;
const PHOTOS = Number(CUTLINE_CHAOS_PHOTOS);
/** Each photo has five tries: few of them must not have many workers killed around them. */
const MOST_KILLS = PHOTOS < 100 ? 3 : PHOTOS;
const REFUSED = 0.1;

let stage: EmulatedStage | null = null;
beforeAll(async () => {
  stage = await startStage({ workers: Number(CUTLINE_CHAOS_WORKERS) });
});
afterAll(() => stage?.stop());
const test = testOn(() => stage, { timeoutMs: Math.max(120_000, PHOTOS * 1_500) });

test('with workers killed and calls refused, each photo ends in one record and one cutout', async (stage) => {
  const { cloud, place, proxy, submit, folderOf, ended, idle } = stage;
  const files: Record<string, Uint8Array> = {};
  for (let n = 0; n < PHOTOS; n++)
    files[`p${n}.jpg`] = await plainPhoto(40 + (n % 60), 30, '#404040')
      .jpeg()
      .toBuffer();
  const random = seededRandom(5).uniform;
  proxy.faults.push(() => (random() < REFUSED ? 503 : null));
  const killer = killWorkers({
    everyMs: Number(CUTLINE_CHAOS_KILL_MS),
    most: MOST_KILLS,
    endpoint: proxy.endpoint,
    progress: () => stage.lines.length,
  });
  const startedMs = Date.now();

  const { manifest } = await submit(await folderOf(files), 'chaos');
  const outcomes = await ended(manifest);
  const kills = killer.stop();
  const seconds = (Date.now() - startedMs) / 1_000;
  proxy.faults.splice(0);
  await idle();

  const report = buildReport(reportInputs(outcomes, manifest), { startedAt: new Date(0), endedAt: new Date(0) });
  const { calls, faults } = proxy.counts;
  console.log(
    `${PHOTOS} photos in ${seconds.toFixed(0)} s: ${report.totals.done} done, ${report.totals.failed} failed; ` +
      `${kills} workers killed, ${faults} of ${calls} calls refused`,
  );
  expect(report.totals).toMatchObject({ photos: PHOTOS, done: PHOTOS, rejected: 0, failed: 0 });
  expect(new Set(report.photos.map(({ key }) => key)).size).toBe(PHOTOS);
  expect(kills).toBeGreaterThan(0);
  expect(faults / calls).toBeGreaterThan(REFUSED / 2);
  expect(await keysIn(stage, 'records/')).toEqual(manifest.photos.map(({ key }) => recordKey(key)).sort());
  const named = report.photos.flatMap(({ outputs }) => outputs);
  expect(await keysIn(stage, 'cutouts/')).toEqual(named.map(({ key }) => key).sort());
  for (const { key, sha256 } of named) {
    const bytes = await readObject(cloud.s3, { bucket: place.cutoutsBucket, key });
    expect(hash('sha256', bytes ?? ''), key).toBe(sha256);
  }
});

async function keysIn({ cloud, place }: EmulatedStage, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listObjects(cloud.s3, place.cutoutsBucket, prefix)) keys.push(key);
  return keys.sort();
}
