import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeModel } from '#models/onnx/codec.ts';
import { costOf } from '#models/onnx/cost.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { readInput } from '#models/photos.ts';
import { equalize } from '#models/quantization/equalize.ts';
import { quantize } from '#models/steps/quantize.ts';
import { simplify } from '#models/steps/simplify.ts';
import { network } from '#test/support/models/network.ts';
import { operatorsThatRun } from '#test/support/models/operators-that-run.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { largestDifference, noiseInput, runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const form = noiseForm(64);
let folder: string;
let photos: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-quantize-'));
  photos = await writeNoisePhotos(folder, 6);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dense = (): Graph => simplify(u2netpGraph({ narrow: 4, batchNorm: true }), { foldBatchNorm: true });
const photosFor = () => ({ photos: photos.slice(0, 4), validation: photos.slice(4), form, seed: 1 });

test("an 8-bit network's masks are near the float32 ones, in fewer bytes", async () => {
  const graph = dense();

  const { graph: quantized, chosen, trials } = await quantize(graph, photosFor());

  const photo = await readInput(photos[5] ?? '', form);
  expect(meanDifference(await runForMask(graph, photo), await runForMask(quantized, photo))).toBeLessThan(0.03);
  expect(encodeModel(quantized).length).toBeLessThan(0.75 * encodeModel(graph).length);
  expect(costOf(quantized).macs).toBe(costOf(graph).macs);
  expect(chosen.ssim).toBeGreaterThan(0.9);
  expect(trials.length).toBe(5);
});

test('with ranges cut as the mask minds it only layers are tried out, and masks are as near', async () => {
  const graph = dense();

  const { graph: quantized, trials } = await quantize(graph, { ...photosFor(), minded: true });

  const photo = await readInput(photos[5] ?? '', form);
  expect(meanDifference(await runForMask(graph, photo), await runForMask(quantized, photo))).toBeLessThan(0.03);
  expect(trials.map(({ percentile, floatLayers }) => [percentile, floatLayers])).toEqual([
    [undefined, []],
    [undefined, ['logits']],
    [undefined, ['logits', 'first']],
  ]);
});

test('onnxruntime runs every convolution on 8-bit numbers, but for enlarging, also what lies between them', async () => {
  const { graph } = await quantize(dense(), { ...photosFor(), floatLayers: [[]], percentiles: [100] });

  const operators = await operatorsThatRun(graph, folder);
  const count = (op: string): number => operators.filter((found) => found === op).length;
  expect(count('Conv')).toBe(0);
  expect(count('QLinearConv') + count('com.microsoft.QLinearConv')).toBe(
    graph.nodes.filter(({ op }) => op === 'Conv').length,
  );
  expect(count('com.microsoft.QLinearAdd')).toBe(11);
  expect(count('Concat') + count('Add') + count('Relu')).toBe(0);
  // onnxruntime 1.30 enlarges in float32, so that each Resize is followed by a rounding; the photo is rounded once.
  expect(count('QuantizeLinear')).toBe(1 + count('Resize'));
});

test('no two products of an activation and a weight overflow 16 bits, which processors without VNNI add them in', async () => {
  const { graph } = await quantize(dense(), { ...photosFor(), percentiles: [100] });

  const filters = [...graph.constants.values()].filter(({ type, dims }) => type === 'int8' && dims.length === 4);
  const largest = filters
    .flatMap(({ data }) => [...data].map((w) => Math.abs(Number(w))))
    .reduce((a, b) => Math.max(a, b));
  expect(filters.length).toBeGreaterThan(100);
  expect(2 * 255 * largest).toBeLessThan(2 ** 15);
});

test('what a Sigmoid reads gets fine steps near 0, however far its extremes lie', async () => {
  const net = network({ height: 64, seed: 5 });
  const graph = net.graph([net.sigmoid(net.conv(net.relu(net.conv(net.input, 8)), 1))]);
  const constants = new Map(
    [...graph.constants].map(([name, tensor]) => [
      name,
      tensor.type === 'float32' ? { ...tensor, data: tensor.data.map((weight) => 30 * weight) } : tensor,
    ]),
  );

  const { graph: quantized } = await quantize(
    { ...graph, constants },
    { ...photosFor(), floatLayers: [[]], percentiles: [100] },
  );

  const sigmoid = quantized.nodes.find(({ op }) => op === 'Sigmoid');
  const before = quantized.nodes.find(({ outputs }) => outputs[0] === sigmoid?.inputs[0]);
  expect(before?.op).toBe('DequantizeLinear');
  const [step = Number.NaN] = quantized.constants.get(before?.inputs[1] ?? '')?.data ?? [];
  expect(Number(step)).toBeLessThanOrEqual(18 / 255 + 1e-6);
  expect(Number(step)).toBeGreaterThan(0);
});

test('leaves the asked layers in float32, Relus and all', async () => {
  const graph = dense();

  const { graph: quantized } = await quantize(graph, {
    ...photosFor(),
    percentiles: [100],
    floatLayers: [['logits', 'first']],
  });

  const photo = await readInput(photos[5] ?? '', form);
  expect(meanDifference(await runForMask(graph, photo), await runForMask(quantized, photo))).toBeLessThan(0.03);
  const fromInput = quantized.nodes.filter(({ inputs }) => inputs[0] === 'input').map(({ op }) => op);
  expect(fromInput).toEqual(['Conv']);
});

test('equalized channels compute what they did', async () => {
  const graph = dense();

  const equal = await equalize(graph, { photos: photos.slice(0, 2), form });

  const photo = noiseInput(graph);
  expect(largestDifference(await runForMask(graph, photo), await runForMask(equal, photo))).toBeLessThan(1e-4);
  expect(equal.constants).not.toEqual(graph.constants);
});

test('a factor never crosses an operator that would notice it', async () => {
  const net = network({ height: 64, seed: 4 });
  const gated = net.sigmoid(net.conv(net.relu(net.conv(net.input, 4)), 4));
  const graph = net.graph([net.sigmoid(net.conv(gated, 1))]);

  const equal = await equalize(graph, { photos: photos.slice(0, 2), form });

  const photo = noiseInput(graph);
  expect(largestDifference(await runForMask(graph, photo), await runForMask(equal, photo))).toBeLessThan(1e-5);
});

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? Number.NaN)), 0) / a.length;
}
