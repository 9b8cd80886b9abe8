import { expect, test } from 'vitest';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { observeLayers, stepSizes } from '#models/train/layer-statistics.ts';
import { buildTrainingGraph } from '#models/train/training-graph.ts';
import { network } from '#test/support/models/network.ts';

const SIZE = 4;
const PIXELS = SIZE * SIZE;

/** One convolution whose two outputs are twice the first channel and the sum of the other two. */
function doubling() {
  const net = network({ height: SIZE });
  const graph = net.graph([net.sigmoid(net.conv(net.input, 2, { kernel: 1, name: 'only' }))]);
  const constants = new Map(graph.constants);
  constants.set('only.weight', float32Tensor([2, 3, 1, 1], Float32Array.of(2, 0, 0, 0, 1, 1)));
  constants.set('only.bias', float32Tensor([2], Float32Array.of(5, 0)));
  return { ...graph, constants };
}

/** Channels around 10, 20 and 30 that go up and down by 1, 2 and 4. */
const input = Float32Array.from({ length: 3 * PIXELS }, (_, i) => {
  const channel = Math.floor(i / PIXELS);
  return 10 * (channel + 1) + (i % 2 === 0 ? 1 : -1) * 2 ** channel;
});

test('measures what a convolution reads and makes', async () => {
  const statistics = await observeLayers(doubling(), [input]);

  const layer = statistics.get('only.weight');
  expect(layer?.bias).toBe('only.bias');
  expect([...(layer?.inputMeans ?? [])]).toEqual([10, 20, 30]);
  for (const [i, expected] of [1, 2, 4].entries()) expect(layer?.inputDeviations[i]).toBeCloseTo(expected, 3);
  for (const [i, expected] of [2, 6].entries()) expect(layer?.outputDeviations[i]).toBeCloseTo(expected, 3);
});

test('a step moves outputs by their own deviation, whatever the weights are', async () => {
  const graph = doubling();
  const { weights } = buildTrainingGraph(graph, { mask: { absolute: 1 } });

  const sizes = stepSizes(weights, await observeLayers(graph, [input]));

  const share = 1 / Math.sqrt(3);
  const expected = [2, 2 / 2, 2 / 4, 6, 6 / 2, 6 / 4].map((size) => size * share);
  for (const [i, size] of expected.entries()) expect(sizes.get('only.weight')?.[i]).toBeCloseTo(size, 3);
  for (const [i, size] of [2, 6].entries()) expect(sizes.get('only.bias')?.[i]).toBeCloseTo(size, 3);
});
