import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementCount } from '#models/onnx/tensor.ts';
import { roundForPacking } from '#models/quantization/round-for-packing.ts';
import { simplify } from '#models/steps/simplify.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const form = noiseForm(64);
let folder: string;
let photos: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-packing-'));
  photos = await writeNoisePhotos(folder, 2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('large filter banks are rounded to 39 levels, near what they were; small ones are left out', async () => {
  const graph = simplify(u2netpGraph({ narrow: 2, batchNorm: true }), { foldBatchNorm: true });

  const rounded = await roundForPacking(graph, 9000, { photos, form });

  const banks = [...graph.constants].filter(([, { dims }]) => dims.length === 4 && dims.at(-1) === 3);
  const large = banks.filter(([, { dims }]) => elementCount(dims) >= 9000).map(([name]) => name);
  expect(large.length).toBeGreaterThan(5);
  expect([...rounded.keys()].sort()).toEqual(large.sort());
  for (const [name, { levels, steps }] of rounded) {
    const { data } = graph.constants.get(name) ?? {};
    const perOutput = levels.length / steps.length;
    const [off, all] = [0, 1].map((whole) =>
      levels.reduce((sum, level, i) => {
        const weight = Number(data?.[i]);
        return sum + (weight - (whole === 1 ? 0 : level * (steps[Math.floor(i / perOutput)] ?? 0))) ** 2;
      }, 0),
    );
    expect(Math.max(...levels.map(Math.abs))).toBeLessThanOrEqual(19);
    // 39 levels over six standard deviations are steps of .15; making up for each other moves weights by some steps more.
    expect(Math.sqrt((off ?? 1) / (all ?? 1))).toBeLessThan(0.3);
  }
});
