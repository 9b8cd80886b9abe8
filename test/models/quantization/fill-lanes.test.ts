import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Graph, producers, requiredInput } from '#models/onnx/graph.ts';
import { inferShapes, shapeOf } from '#models/onnx/infer-shapes.ts';
import { readInput } from '#models/photos.ts';
import { fillLanes } from '#models/quantization/fill-lanes.ts';
import { quantize } from '#models/steps/quantize.ts';
import { simplify } from '#models/steps/simplify.ts';
import { operatorsThatRun } from '#test/support/models/operators-that-run.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const form = noiseForm(64);
let folder: string;
let photos: string[];
let quantized: Graph;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-lanes-'));
  photos = await writeNoisePhotos(folder, 4);
  const dense = simplify(u2netpGraph({ narrow: 4, batchNorm: true }), { foldBatchNorm: true });
  const given = { photos: photos.slice(0, 2), validation: photos.slice(2, 3), form, seed: 1, percentiles: [100] };
  ({ graph: quantized } = await quantize(dense, { ...given, floatLayers: [[]] }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('convolutions of three colours read four, those of one mask make sixteen', () => {
  const filled = fillLanes(quantized, { worthwhileBytes: 0 });

  const channels = filterChannels(filled);
  expect(filterChannels(quantized).some(([, inputs]) => inputs === 3)).toBe(true);
  expect(channels.every(([, inputs]) => inputs % 4 === 0)).toBe(true);
  expect(channels.filter(([outputs]) => outputs === 1).length).toBe(0);
  expect(filterChannels(quantized).filter(([outputs]) => outputs === 1).length).toBe(7);
});

test('the mask stays what it was, but for how kernels round', async () => {
  const photo = await readInput(photos[3] ?? '', form);

  const filled = await runForMask(fillLanes(quantized, { worthwhileBytes: 0 }), photo);

  const before = await runForMask(quantized, photo);
  const off = before.map((value, index) => Math.abs(value - (filled[index] ?? 0)));
  expect(off.reduce((sum, difference) => sum + difference, 0) / off.length).toBeLessThan(0.01);
  expect(new Set(before).size).toBeGreaterThan(10);
});

test('onnxruntime runs every filled convolution in 8 bits', async () => {
  const operators = await operatorsThatRun(fillLanes(quantized, { worthwhileBytes: 0 }), folder);

  expect(operators).toContain('QLinearConv');
  expect(operators).not.toContain('Conv');
});

test('a small picture is left alone', () => {
  expect(filterChannels(fillLanes(quantized))).toEqual(filterChannels(quantized));
});

/** Output and input channels of every 8-bit convolution. */
function filterChannels(graph: Graph): (readonly [number, number])[] {
  const makers = producers(graph);
  const shapes = inferShapes(graph);
  return graph.nodes
    .filter(({ op }) => op === 'Conv')
    .map((conv) => requiredInput(conv, 1))
    .filter((filter) => makers.get(filter)?.op === 'DequantizeLinear')
    .map((filter) => {
      const [outputs = 0, inputs = 0] = shapeOf(shapes, filter);
      return [outputs, inputs] as const;
    });
}
