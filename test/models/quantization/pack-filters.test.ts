import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeModel } from '#models/onnx/codec.ts';
import { costOf } from '#models/onnx/cost.ts';
import type { Graph } from '#models/onnx/graph.ts';
import type { Tensor } from '#models/onnx/tensor.ts';
import { readInput } from '#models/photos.ts';
import { packFilters } from '#models/quantization/pack-filters.ts';
import { quantize } from '#models/steps/quantize.ts';
import { simplify } from '#models/steps/simplify.ts';
import { operatorsThatRun } from '#test/support/models/operators-that-run.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { largestDifference, runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const form = noiseForm(64);
let folder: string;
let photos: string[];
let coarse: Graph;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-pack-'));
  photos = await writeNoisePhotos(folder, 4);
  const { graph } = await quantizeDense();
  coarse = withLargestLevel(graph, 19);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the mask stays the same to the bit', async () => {
  const photo = await readInput(photos[3] ?? '', form);

  const packed = await runForMask(packFilters(coarse), photo);

  const before = await runForMask(coarse, photo);
  expect(largestDifference(packed, before)).toBe(0);
  expect(new Set(before).size).toBeGreaterThan(10);
});

test('large filters take two thirds of their bytes, and every weight still counts', () => {
  const packed = packFilters(coarse);

  const large = [...coarse.constants.values()].filter(
    ({ type, dims, data }) => type === 'int8' && dims.length === 4 && data.length >= 4096,
  );
  const saved = large.reduce((sum, { data }) => sum + data.length / 3, 0);
  expect(large.length).toBeGreaterThan(10);
  // The table of rows, 178 kB, comes on top, and so do a few bytes of names for every filter.
  const difference = encodeModel(coarse).length - encodeModel(packed).length;
  expect(difference).toBeGreaterThan(saved - 178_000 - 1000 * large.length);
  expect(costOf(packed)).toEqual(costOf(coarse));
});

test('onnxruntime unfolds the filters when it loads the file, and then runs what it ran before', async () => {
  const unfolded = await operatorsThatRun(packFilters(coarse), folder);

  expect(unfolded).toEqual(await operatorsThatRun(coarse, folder));
  expect(unfolded.filter((op) => op.endsWith('QLinearConv')).length).toBeGreaterThan(100);
});

test('filters with larger weights stay as they are', async () => {
  const fine = withLargestLevel(coarse, 20);

  expect(packFilters(fine).nodes.length).toBe(fine.nodes.length);
});

test('a network quantized so keeps the small filters in their 129 levels', async () => {
  const { graph } = await quantizeDense({ packedFrom: 9000 });

  const levels = [...graph.constants.values()].filter(({ type, dims }) => type === 'int8' && dims.length === 4);
  expect(levels.length).toBeGreaterThan(0);
  expect(levels.every(({ data }) => data.length < 9000)).toBe(true);
  expect([...graph.constants.values()].some(({ type }) => type === 'uint16')).toBe(true);
});

async function quantizeDense({ packedFrom }: { packedFrom?: number } = {}) {
  const dense = simplify(u2netpGraph({ narrow: 2, batchNorm: true }), { foldBatchNorm: true });
  return await quantize(dense, {
    photos: photos.slice(0, 2),
    validation: photos.slice(2, 3),
    form,
    seed: 1,
    percentiles: [100],
    floatLayers: [[]],
    packedFrom,
  });
}

/** The same network with coarser filters: nearly the same masks, and levels that can be packed. */
function withLargestLevel(graph: Graph, largest: number): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  for (const [name, levels] of graph.constants) {
    if (levels.type !== 'int8' || levels.dims.length !== 4) continue;
    const factor = largest / Math.max(...levels.data.map(Math.abs));
    constants.set(name, { ...levels, data: levels.data.map((level) => Math.round(level * factor)) });
    // A bias is worth the filter's step times the input's, so it becomes coarser as well.
    const [bias, scales] = [
      name.replace('filter', 'bias'),
      ['filter', 'bias'].map((of) => name.replace('filter.levels', `${of}.scale`)),
    ];
    const biases = graph.constants.get(bias);
    if (biases?.type === 'int32') {
      constants.set(bias, { ...biases, data: biases.data.map((level) => Math.round(level * factor)) });
    }
    for (const scale of scales) {
      const steps = graph.constants.get(scale);
      if (steps?.type === 'float32') {
        constants.set(scale, { ...steps, data: steps.data.map((step) => step / factor) });
      }
    }
  }
  return { ...graph, constants };
}
