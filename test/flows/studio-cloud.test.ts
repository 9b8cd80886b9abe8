import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Item } from '#cdk/studio/protocol.ts';
import { openCloudPlace } from '#cdk/studio/server/cloud-place.ts';
import { localRunner } from '#cdk/studio/server/run-photos.ts';
import { type RunningStudio, startStudio } from '#cdk/studio/server/start-studio.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { readPackedModel } from '#models/pack.ts';
import { drawDisc, photo } from '#test/support/drawn-photo.ts';
import { type EmulatedStage, startStage, testOn } from '#test/support/emulated-stage.ts';
import { ask } from '#test/support/studio.ts';

let stage: EmulatedStage | null = null;
let studio: RunningStudio;
beforeAll(async () => {
  stage = await startStage({ workers: 1 });
  if (stage === null) return;
  const model = await readPackedModel(join(stage.work, 'model'));
  const run = localRunner({ presets: BUILT_IN_PRESETS, model, workers: 1 });
  studio = await startStudio({
    store: openCloudPlace(stage.cloud, stage.place),
    run,
    presets: BUILT_IN_PRESETS,
    defaults: { model: 'tiny', presets: ['transparent'], edges: null },
    model,
  });
});
afterAll(async () => {
  await studio?.close();
  await stage?.stop();
});
const test = testOn(() => stage);

async function isThere({ cloud, place }: EmulatedStage, key: string): Promise<boolean> {
  return await cloud.s3.send(new HeadObjectCommand({ Bucket: place.cutoutsBucket, Key: key })).then(
    () => true,
    () => false,
  );
}

test('a photo goes through the stack, is refused there, taken back, and cut out another way', async (on) => {
  const { cloud, place } = on;
  const body = await photo(drawDisc(160, 120)).jpeg().toBuffer();
  const choice = { model: 'tiny', presets: ['transparent'], edges: null };

  const put = await ask(studio, '/api/photos?name=shoe.jpg', { method: 'PUT', body });
  await ask(studio, '/api/runs', { json: { keys: ['studio/shoe.jpg'], choice } });
  await expect
    .poll(async () => (await ask(studio, '/api/session')).json, { timeout: 60_000 })
    .toMatchObject({
      runs: [{ state: 'done', finished: 1 }],
    });
  const [item] = (await ask(studio, '/api/items')).json as Item[];
  const shown = await ask(studio, '/api/photo?key=studio/shoe.jpg');
  const refused = await ask(studio, '/api/decisions', {
    json: { key: item?.key, etag: item?.etag, verdict: 'refused' },
  });
  const places = [await isThere(on, 'cutouts/studio/shoe.png'), await isThere(on, 'refused/cutouts/studio/shoe.png')];
  const late = await ask(studio, '/api/decisions', { json: { key: item?.key, etag: item?.etag, verdict: 'approved' } });
  const { etag } = refused.json as Item;
  const back = await ask(studio, '/api/decisions', { json: { key: item?.key, etag, verdict: null } });
  const trial = await ask(studio, '/api/trials', {
    json: { key: item?.key, choice: { ...choice, presets: ['white'] } },
  });
  const kept = await ask(studio, '/api/trials/keep', {
    json: { id: (trial.json as { id: string }).id, etag: (back.json as Item).etag },
  });
  const said = on.lines.length;
  await on.send({ bucket: place.photosBucket, key: 'studio/shoe.jpg', preset: 'white' });
  await expect.poll(() => on.lines.length, { timeout: 60_000 }).toBeGreaterThan(said);

  expect(put.json).toEqual({ key: 'studio/shoe.jpg' });
  expect(shown.headers['content-type']).toBe('image/jpeg');
  expect(refused.json).toMatchObject({ verdict: 'rejected', decision: 'refused' });
  expect(places).toEqual([false, true]);
  expect([late.status, back.status]).toEqual([409, 200]);
  expect(kept.json).toMatchObject({ preset: 'white', decision: null });
  // The stack finds it done as it was asked to.
  expect(on.lines.at(-1)).toMatchObject({ key: 'studio/shoe.jpg', outcome: 'unchanged' });
  const record = { Bucket: place.cutoutsBucket, Key: 'records/studio/shoe.jpg.json' };
  const stored = await cloud.s3.send(new GetObjectCommand(record));
  expect(JSON.parse((await stored.Body?.transformToString()) ?? '')).toMatchObject({
    source: { bucket: place.photosBucket, key: 'studio/shoe.jpg' },
    outputs: [{ key: 'cutouts/studio/shoe.jpg' }],
  });
});
