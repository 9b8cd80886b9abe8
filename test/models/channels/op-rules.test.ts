import { expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { OP_RULES } from '#models/channels/op-rules/registry.ts';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor, int64Tensor } from '#models/onnx/tensor.ts';
import { slice } from '#models/steps/slice.ts';
import { type Network, network } from '#test/support/models/network.ts';
import { largestDifference, noiseInput, runForMask } from '#test/support/models/run-graph.ts';
import { randomCut, zeroed } from '#test/support/models/zeroed.ts';

const square = (value: number): number[] => [value, value];
const scalar = (net: Network, name: string, value: number): string =>
  net.constant(name, float32Tensor([], Float32Array.of(value)));

/** For every operator with a rule, a layer between two convolutions, in each of the forms that differ for channels. */
const layers: [string, (net: Network, x: string) => string][] = [
  ['Conv', (net, x) => net.conv(x, 10)],
  ['Conv without bias', (net, x) => net.conv(x, 10, { bias: false })],
  ['Conv, depthwise', (net, x) => net.conv(x, 12, { group: 12 })],
  ['Conv, grouped', (net, x) => net.conv(x, 8, { group: 4 })],
  ['ConvTranspose', (net, x) => transposed(net, x, 1)],
  ['ConvTranspose, grouped', (net, x) => transposed(net, x, 3)],
  ['BatchNormalization', (net, x) => net.batchNorm(x)],
  ['PRelu', (net, x) => net.op('PRelu', [x, net.weights('slope', [12, 1, 1])])],
  ['PRelu with one slope', (net, x) => net.op('PRelu', [x, net.weights('slope', [1])])],
  ['Relu', (net, x) => net.relu(x)],
  ['LeakyRelu', (net, x) => net.op('LeakyRelu', [x], { attributes: { alpha: { float: 0.1 } } })],
  ['Clip', (net, x) => net.op('Clip', [x, scalar(net, 'low', 0), scalar(net, 'high', 6)])],
  ['Sigmoid', (net, x) => net.sigmoid(x)],
  ['HardSigmoid', (net, x) => net.op('HardSigmoid', [x])],
  ['HardSwish', (net, x) => net.op('HardSwish', [x])],
  ['Tanh', (net, x) => net.op('Tanh', [x])],
  ['Identity', (net, x) => net.op('Identity', [x])],
  ['Dropout', (net, x) => net.op('Dropout', [x])],
  ['MaxPool', (net, x) => net.maxPool(x)],
  [
    'AveragePool',
    (net, x) => net.op('AveragePool', [x], { attributes: { kernel_shape: square(2), strides: square(2) } }),
  ],
  ['GlobalAveragePool', (net, x) => net.op('Mul', [x, net.sigmoid(net.op('GlobalAveragePool', [x]))])],
  ['Add', (net, x) => net.add(net.relu(net.conv(x, 12)), x)],
  ['Add of a constant', (net, x) => net.op('Add', [x, net.weights('shift', [1, 12, 1, 1])])],
  ['Sub', (net, x) => net.op('Sub', [net.conv(x, 12), x])],
  ['Mul', (net, x) => net.op('Mul', [net.sigmoid(net.conv(x, 12)), x])],
  ['Mul by a map of one channel', (net, x) => net.op('Mul', [x, net.sigmoid(net.conv(x, 1))])],
  ['Div', (net, x) => net.op('Div', [x, net.constant('by', float32Tensor([12, 1, 1], new Float32Array(12).fill(3)))])],
  ['Concat', (net, x) => net.concat([net.relu(net.conv(x, 5)), x, net.relu(net.conv(x, 4))])],
  ['Concat of the same twice', (net, x) => net.concat([x, x])],
  ['Split', (net, x) => parted(net, x, [net.constant('parts', int64Tensor([5, 7]))])],
  ['Split in equal parts', (net, x) => parted(net, x, [])],
  ['Slice', (net, x) => sliced(net, x, 3, 9)],
  ['Slice to the end', (net, x) => sliced(net, x, -4, Number.MAX_SAFE_INTEGER)],
  ['Resize', (net, x) => net.enlarge(x, 2)],
  ['Pad', (net, x) => net.op('Pad', [x, net.constant('pads', int64Tensor([0, 0, 1, 2, 0, 0, 2, 1]))])],
];

// What these make of zero is not zero, or they divide by it, so only a channel's readers can be silenced.
const changesZero = new Set([
  'Div',
  'Sigmoid',
  'HardSigmoid',
  'GlobalAveragePool',
  'Mul',
  'Mul by a map of one channel',
]);

test.each(layers)('%s: sliced equals dense with the channels zeroed', async (name, layer) => {
  const net = network({ height: 8 });
  const graph = net.graph([net.conv(net.relu(layer(net, net.conv(net.input, 12))), 2, { kernel: 1 })]);

  await expectSlicedLikeZeroed(graph, changesZero.has(name) ? 'readers' : 'makers');
  await expectSlicedLikeZeroed(graph, 'readers');
});

test('Flatten and Gemm: sliced equals dense with the channels zeroed', async () => {
  const net = network({ height: 4 });
  const flat = net.op('Flatten', [net.maxPool(net.relu(net.conv(net.input, 6)))]);
  const hidden = net.op('Gemm', [flat, net.weights('w1', [24, 8]), net.weights('b1', [8])]);
  const graph = net.graph([
    net.op('Gemm', [net.relu(hidden), net.weights('w2', [3, 8]), net.weights('b2', [3])], {
      attributes: { transB: 1 },
    }),
  ]);

  await expectSlicedLikeZeroed(graph, 'makers');
});

test('Upsample and Split, Slice and Pad by attributes: sliced equals dense with the channels zeroed', async () => {
  const net = network({ height: 8, opset: 9 });
  const x = net.relu(net.conv(net.input, 12));
  const large = net.op('Upsample', [x, net.constant('scales', float32Tensor([4], Float32Array.of(1, 1, 2, 2)))]);
  const small = net.maxPool(net.op('Pad', [large], { attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1] } }));
  const [a, b] = [`${small}.a`, `${small}.b`];
  net.op('Split', [small], { outputs: [a, b], out: 6, attributes: { axis: 1, split: [6, 6] } });
  const part = net.op('Slice', [a], { out: 4, attributes: { axes: [1], starts: [1], ends: [5] } });
  const graph = net.graph([net.conv(net.concat([part, b]), 1)]);

  await expectSlicedLikeZeroed(graph, 'makers');
});

test('every operator with a rule is tested here', () => {
  const tested = new Set(layers.map(([name]) => name.split(/[ ,]/)[0]));

  const untested = Object.keys(OP_RULES).filter((op) => !tested.has(op));

  expect(untested).toEqual(['Upsample', 'Flatten', 'Gemm']);
});

test('names an operator without a rule and its node', () => {
  const net = network();
  const graph = net.graph([net.conv(net.op('Softmax', [net.conv(net.input, 4)], { name: 'attention' }), 1)]);

  expect(() => groupChannels(graph)).toThrow(
    expect.objectContaining({ code: 'unsupported_operator', message: expect.stringContaining('Softmax attention') }),
  );
});

test('refuses to empty a layer, naming it', () => {
  const net = network();
  const graph = net.graph([net.conv(net.conv(net.input, 4, { name: 'narrow' }), 1)]);
  const groups = groupChannels(graph);
  const all = new Set(groups.groups.find(({ name }) => name === 'narrow')?.channels);

  expect(() => slice(graph, groups, all)).toThrow(
    expect.objectContaining({ code: 'empty_layer', message: expect.stringContaining('Conv narrow') }),
  );
});

async function expectSlicedLikeZeroed(graph: Graph, where: 'makers' | 'readers'): Promise<void> {
  const groups = groupChannels(graph);
  const input = noiseInput(graph);
  for (const seed of [1, 2, 3]) {
    const cut = randomCut(groups, seededRandom(seed));
    const thin = slice(graph, groups, cut);
    const [expected, actual] = [
      await runForMask(zeroed(graph, groups, cut, where), input),
      await runForMask(thin, input),
    ];
    expect(cut.size).toBeGreaterThan(0);
    expect(largestDifference(actual, expected)).toBeLessThan(1e-4);
  }
}

function transposed(net: Network, x: string, group: number): string {
  const weight = net.weights('up.weight', [12, 9 / group, 2, 2], { deviation: 0.2 });
  return net.op('ConvTranspose', [x, weight, net.weights('up.bias', [9])], {
    out: 9,
    attributes: { kernel_shape: square(2), strides: square(2), group },
  });
}

/** Splits in two, treats the parts differently and joins them the other way round. */
function parted(net: Network, x: string, sizes: string[]): string {
  const outputs = ['part.a', 'part.b'];
  net.op('Split', [x, ...sizes], { outputs, out: 6, attributes: { axis: 1 } });
  return net.concat([net.relu('part.b'), 'part.a']);
}

function sliced(net: Network, x: string, start: number, end: number): string {
  const at = (name: string, value: number): string => net.constant(name, int64Tensor([value]));
  const out = start < 0 ? -start : end - start;
  return net.op('Slice', [x, at('start', start), at('end', end), at('axis', 1)], { out });
}
