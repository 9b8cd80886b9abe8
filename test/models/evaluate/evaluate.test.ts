import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RgbImage } from '#functions/imaging/raster.ts';
import { evaluate } from '#models/evaluate/evaluate.ts';
import { listSets, readTruth } from '#models/evaluate/evaluation-sets.ts';
import { measureRuns } from '#models/evaluate/measure-run.ts';
import { openModels } from '#models/evaluate/open-model.ts';
import { describeMeasured } from '#models/evaluate/report.ts';
import { decodeModel, encodeModel } from '#models/onnx/codec.ts';
import { resizeInput } from '#models/onnx/resize-input.ts';
import { readPackedModel } from '#models/pack.ts';
import { openBatch } from '#models/quantization/open-batch.ts';
import { boxOnWhite, paint } from '#test/support/rasters.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-evaluate-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const size = { width: 128, height: 128 };
const box = { left: 32, top: 32, width: 64, height: 64 };

/** A set of dark boxes on white, each with the mask of a box that is `off` px wider. */
async function writeSet(name: string, count: number, off = 0): Promise<void> {
  const truth = paint(size.width, size.height, (x, y) =>
    x >= 32 && x < 96 + off && y >= 32 && y < 96 ? [255, 255, 255] : [0, 0, 0],
  );
  for (const part of ['images', 'masks']) await mkdir(join(folder, name, part), { recursive: true });
  for (let index = 0; index < count; index++) {
    await png(boxOnWhite(size, box)).toFile(join(folder, name, 'images', `photo-${index}.png`));
    await png(truth)
      .toColourspace('b-w')
      .toFile(join(folder, name, 'masks', `photo-${index}.png`));
  }
}

const png = ({ width, height, data }: RgbImage) => sharp(data, { raw: { width, height, channels: 3 } }).png();

test('a model is judged on every set apart, and against the parent', async () => {
  await writeSet('right', 2);
  await writeSet('wide', 1, 32);
  const model = await readPackedModel(await writeTinyModel(join(folder, 'model')));

  const [parent, same] = await evaluate([model, model], await listSets(folder));

  expect(Object.keys(parent ?? {})).toEqual(['right', 'wide']);
  const { right, wide } = parent ?? {};
  expect(right?.iou).toBeGreaterThan(0.96);
  // The true box is half as wide again: two thirds of it are found.
  expect(wide?.iou).toBeCloseTo(2 / 3, 1);
  expect(right).toMatchObject({ parentSsim: 1, parentMae: 0 });
  expect(same).toMatchObject({ wide: { ...wide, parentSsim: expect.closeTo(1, 6) } });
});

test('a limit spreads over a set and keeps its order', async () => {
  await writeSet('boxes', 7);

  const [set] = await listSets(folder, { limit: 3 });

  expect(set?.pairs.map(({ name }) => name)).toEqual(['photo-0', 'photo-2', 'photo-4']);
});

test("another program's cutouts of the same model, or of its family, are a set by their alpha", async () => {
  for (const part of ['inputs', 'expected']) await mkdir(join(folder, 'parity', part), { recursive: true });
  await png(boxOnWhite(size, box)).toFile(join(folder, 'parity', 'inputs', 'shoe.png'));
  const rgba = Buffer.from([9, 9, 9, 255, 9, 9, 9, 51]);
  const cutout = join(folder, 'parity', 'expected', 'shoe.isnet-general-use.png');
  await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
    .png()
    .toFile(cutout);

  const [set] = await listSets(folder, { expectedOf: { id: 'mine', family: 'isnet' } });

  expect(set?.pairs.map(({ truth }) => truth)).toEqual([cutout]);
  expect([...(await readTruth(cutout)).data]).toEqual([1, expect.closeTo(0.2, 6)]);
  await expect(listSets(folder, { expectedOf: { id: 'u2netp', family: 'u2netp' } })).rejects.toThrow(/SET\/images/);
});

test('names a mask of another size and its photo', async () => {
  await writeSet('boxes', 1);
  await png(paint(5, 4, () => [0, 0, 0])).toFile(join(folder, 'boxes', 'masks', 'photo-0.png'));
  const model = await readPackedModel(await writeTinyModel(join(folder, 'model')));

  await expect(evaluate([model], await listSets(folder))).rejects.toThrow(
    /128x128 for .*photo-0\.png, got 5x4 in .*masks/,
  );
});

test('a bare ONNX file is fed like the model it is compared with, and leaves nothing behind', async () => {
  await writeSet('boxes', 1);
  const packed = await writeTinyModel(join(folder, 'model'));
  const bare = join(folder, 'My Net.onnx');
  await copyFile(join(packed, 'model.onnx'), bare);

  const { models, close } = await openModels([packed, bare]);
  const [parent, own] = await evaluate(models, await listSets(folder));
  await close();

  const { boxes } = parent ?? {};
  expect(models.map(({ manifest }) => manifest.id)).toEqual(['tiny', 'my-net']);
  expect(own).toEqual({ boxes: { ...boxes, parentSsim: expect.closeTo(1, 6) } });
  await expect(readPackedModel(models[1]?.folder ?? '')).rejects.toThrow(/manifest/);
  await expect(openModels([bare])).rejects.toThrow(/how .*My Net\.onnx is fed.*--parent/);
});

test('a bare file that leaves the number of photos open keeps its size', async () => {
  const packed = await writeTinyModel(join(folder, 'model'));
  const small = resizeInput(decodeModel(await readFile(join(packed, 'model.onnx')), 'tiny'), { width: 96, height: 64 });
  await writeFile(join(folder, 'small.onnx'), encodeModel(openBatch(small)));

  const { models, close } = await openModels([packed, join(folder, 'small.onnx')]);
  await close();

  expect(models[1]?.manifest.input).toMatchObject({ width: 96, height: 64 });
});

test('loading and running is measured in processes of their own, and a network that fails is named', async () => {
  const model = await readPackedModel(await writeTinyModel(join(folder, 'model')));

  const [figures] = await measureRuns([model], { turns: 1 });

  expect(figures?.runCpuMs).toBeGreaterThan(0);
  expect(figures?.loadMs).toBeGreaterThan(0);
  // More than Node alone takes, less than Node with a large network.
  expect(figures?.peakMb).toBeGreaterThan(40);
  expect(figures?.peakMb).toBeLessThan(600);
  await rm(join(model.folder, 'model.onnx'));
  await expect(measureRuns([model], { turns: 1 })).rejects.toThrow(/loads and runs in .*model, got .*model\.onnx/);
});

test('the tables name each set with its photos, and say nothing where nothing was measured', () => {
  const table = describeMeasured(
    [{ model: { id: 'tiny', parameters: 4_000_000, macs: 3e9, bytes: 16_200_000 }, quality: {} }],
    new Map([['boxes', 12]]),
  );

  expect(table).toMatch(/^boxes \(12\) +MAE/);
  expect(table).toMatch(/tiny +4\.00 M +3\.0 +16\.2 MB +- +- +-$/m);
});
