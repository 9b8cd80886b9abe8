import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { drawDisc, photo, plainPhoto } from '#test/support/drawn-photo.ts';
import { type EmulatedStage, startStage, testOn } from '#test/support/emulated-stage.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

/** No cutout is as sure as 1; an empty mask is not sure at all. */
const LIMITS = { reviewBelow: 1, rejectBelow: 0.02 };

const work = mkdtempSync(join(tmpdir(), 'cutline-'));
let stage: EmulatedStage | null = null;
beforeAll(async () => {
  const modelFolder = await writeTinyModel(join(work, 'faint'), { id: 'faint', steepness: 3 });
  const escalateFolder = await writeTinyModel(join(work, 'surer'), { id: 'surer' });
  stage = await startStage({ workers: 1, modelFolder, doubts: { escalateFolder, ...LIMITS } });
});
afterAll(async () => {
  await stage?.stop();
  rmSync(work, { recursive: true, force: true });
});
const test = testOn(() => stage);

test('a doubtful photo goes through the bigger network too, whose surer mask stays', async (stage) => {
  const { submit, folderOf, ended, recordOf } = stage;
  const disc = await photo(drawDisc(64, 64)).png().toBuffer();

  const { manifest } = await submit(await folderOf({ 'disc.png': disc }));
  await ended(manifest);

  const record = await recordOf('disc.png');
  expect(record).toMatchObject({
    status: 'done',
    model: { id: 'surer' },
    escalation: { first: { model: { id: 'faint' } }, second: { model: { id: 'surer' } }, kept: 'second' },
  });
  // Only the limit that was set asks for a look at a cutout that is this sure.
  expect(record).toMatchObject({ verdict: 'review' });
  expect(record?.status === 'done' ? record.confidence : 0).toBeGreaterThan(0.5);
});

test('what both networks are less sure of than asked becomes no cutout', async ({
  submit,
  folderOf,
  ended,
  recordOf,
}) => {
  const empty = await plainPhoto(64, 64, 'white').png().toBuffer();

  const { manifest } = await submit(await folderOf({ 'empty.png': empty }));
  await ended(manifest);

  expect(await recordOf('empty.png')).toMatchObject({ status: 'rejected', code: 'too_doubtful', outputs: [] });
});
