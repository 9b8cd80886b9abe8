import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { rowsThenColumns } from '#models/quantization/rows-then-columns.ts';
import { simplify } from '#models/steps/simplify.ts';
import { network } from '#test/support/models/network.ts';
import { runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

const all = { worthwhileBytes: 0 };

function noise(length: number): Float32Array {
  const random = seededRandom(8);
  return Float32Array.from({ length }, () => random.normal());
}

const kernels = (graph: Graph): (readonly number[] | undefined)[] =>
  graph.nodes.filter(({ op }) => op === 'Conv').map((node) => graph.constants.get(node.inputs[1] ?? '')?.dims);

test.each([
  { outputs: 1, dilation: 1, bias: true },
  { outputs: 2, dilation: 2, bias: true },
  { outputs: 5, dilation: 1, bias: false },
])('$outputs outputs, dilation $dilation: the same values by two layers', async ({ outputs, dilation, bias }) => {
  const net = network({ height: 9, width: 11, seed: 4 });
  const many = net.sigmoid(net.conv(net.input, outputs, { name: 'few', dilation, bias }));
  const graph = net.graph([many]);

  const split = rowsThenColumns(graph, all);

  expect(kernels(split)).toEqual([
    [16, 3, 1, 3],
    [outputs, 16, 3, 1],
  ]);
  const [before, after] = [await runForMask(graph, noise(3 * 99)), await runForMask(split, noise(3 * 99))];
  expect(after).toHaveLength(before.length);
  before.forEach((value, index) => {
    expect(after[index]).toBeCloseTo(value, 5);
  });
});

test('layers with too many outputs, of one pixel, or for small pictures stay as they are', () => {
  const net = network({ height: 8 });
  const wide = net.conv(net.input, 6, { name: 'wide' });
  const point = net.conv(wide, 1, { name: 'point', kernel: 1 });
  const graph = net.graph([net.sigmoid(net.op('Add', [point, net.conv(wide, 1, { name: 'small' })]))]);

  expect(kernels(rowsThenColumns(graph, all))).toEqual([
    [6, 3, 3, 3],
    [1, 6, 1, 1],
    [16, 6, 1, 3],
    [1, 16, 3, 1],
  ]);
  expect(kernels(rowsThenColumns(graph))).toEqual(kernels(graph));
});

test('the mask of a whole network stays what it was', async () => {
  const graph = simplify(u2netpGraph({ size: 32, narrow: 4, batchNorm: true }), { foldBatchNorm: true });
  const photo = noise(3 * 32 * 32);

  const split = rowsThenColumns(graph, all);

  const small = (graph: Graph) =>
    kernels(graph).filter((dims) => (dims?.[0] ?? 0) <= 5 && dims?.[2] === 3 && dims[3] === 3);
  expect(small(graph).length).toBeGreaterThan(5);
  expect(small(split)).toEqual([]);
  const [before, after] = [await runForMask(graph, photo), await runForMask(split, photo)];
  before.forEach((value, index) => {
    expect(after[index]).toBeCloseTo(value, 4);
  });
});
