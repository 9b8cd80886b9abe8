import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { float32Result, withNetwork } from '#models/network.ts';
import { decodeModel, encodeModel } from '#models/onnx/codec.ts';
import { costOf } from '#models/onnx/cost.ts';
import { onlyInput } from '#models/onnx/graph.ts';
import { inputSize } from '#models/onnx/resize-input.ts';
import { openBatch } from '#models/quantization/open-batch.ts';
import { simplify } from '#models/steps/simplify.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const SIZE = 32;
const graph = simplify(u2netpGraph({ size: SIZE, narrow: 4, batchNorm: true }), { foldBatchNorm: true });
const opened = openBatch(graph);
const random = seededRandom(8);
const photos = Float32Array.from({ length: 2 * 3 * SIZE * SIZE }, () => random.normal());

const masksOf = (given: typeof graph, data: Float32Array) =>
  withNetwork(given, async (network) => {
    const dims = [data.length / (3 * SIZE * SIZE), 3, SIZE, SIZE];
    const results = await network.run({ [onlyInput(given).name]: { data, dims } });
    return float32Result(results, given.outputs[0]?.name ?? '');
  });

test('the file fixes every size but the number of photos, and counts the same', () => {
  const read = decodeModel(encodeModel(opened), 'opened.onnx');

  for (const { dims } of [...read.inputs, ...read.outputs]) {
    expect(typeof dims?.[0]).toBe('string');
    expect(dims?.slice(2)).toEqual([SIZE, SIZE]);
  }
  expect(inputSize(read)).toEqual({ width: SIZE, height: SIZE });
  expect(costOf(read)).toEqual(costOf(graph));
});

test('each of two photos at once has the mask that it has alone, and had before', async () => {
  const length = photos.length / 2;
  const [first, second] = [photos.slice(0, length), photos.slice(length)];

  const both = await masksOf(opened, photos);

  const alone = [...(await masksOf(opened, first)), ...(await masksOf(opened, second))];
  const before = [...(await masksOf(graph, first)), ...(await masksOf(graph, second))];
  expect(alone).toEqual(before);
  expect(both).toHaveLength(before.length);
  before.forEach((value, index) => {
    expect(both[index]).toBeCloseTo(value, 5);
  });
});

test('no value inside is left with a shape, by which onnxruntime would keep memory for it', () => {
  const hints = decodeModel(encodeModel(graph), 'fixed.onnx').outputs.flatMap(({ wire }) => wire ?? []);
  const hinted = { ...graph, hints };
  const hintsOf = (of: typeof graph) => decodeModel(encodeModel(of), 'hinted.onnx').hints.map(({ name }) => name);

  expect(hintsOf(hinted)).toHaveLength(graph.outputs.length);
  expect(hintsOf(openBatch(hinted))).toEqual([]);
});
