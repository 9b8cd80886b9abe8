import { expect, test } from 'vitest';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { BACKWARD_RULES } from '#models/train/backward-rules/registry.ts';
import { slopes } from '#test/support/models/gradients.ts';
import { type Network, type NetworkOptions, network } from '#test/support/models/network.ts';

/** A layer under test, in each form in which its rule takes another way. It lies between two convolutions. */
const layers: [string, (net: Network, x: string) => string, NetworkOptions?][] = [
  ['Conv', (net, x) => net.conv(x, 5)],
  ['Conv from few channels to many', (net, x) => net.conv(x, 24)],
  ['Conv from many channels to few', (net, x) => net.conv(net.conv(x, 24), 12)],
  ['Conv from many channels to many', (net, x) => net.conv(net.conv(x, 16), 16)],
  ['Conv, dilated', (net, x) => net.conv(x, 7, { dilation: 2 })],
  ['Conv, dilated beyond the photo', (net, x) => net.conv(net.conv(x, 8, { dilation: 8 }), 9, { dilation: 8 })],
  ['Conv with stride', (net, x) => net.conv(x, 5, { stride: 2 })],
  ['Conv with stride over an odd size', (net, x) => net.conv(x, 5, { stride: 2 }), { height: 9, width: 11 }],
  ['Conv, pointwise', (net, x) => net.conv(x, 5, { kernel: 1 })],
  ['Conv, grouped', (net, x) => net.conv(x, 8, { group: 2 })],
  ['Conv, depthwise', (net, x) => net.conv(x, 4, { group: 4 })],
  ['Conv, grouped with stride', (net, x) => net.conv(x, 8, { group: 2, stride: 2 })],
  ['Conv without bias', (net, x) => net.conv(x, 5, { bias: false })],
  ['Conv, padded on one side only', (net, x) => unevenConv(net, x)],
  ['Conv, padded beyond its reach', (net, x) => wideConv(net, x)],
  ['Conv of a batch', (net, x) => net.conv(net.conv(x, 5), 12)],
  ['Relu', (net, x) => net.relu(x)],
  ['Sigmoid', (net, x) => net.sigmoid(x)],
  ['Add', (net, x) => net.add(net.conv(x, 4), x)],
  ['Add of the same twice', (net, x) => net.add(x, x)],
  ['Add over one map', (net, x) => net.op('Add', [x, net.conv(x, 1)])],
  ['Mul', (net, x) => net.op('Mul', [net.conv(x, 4), x])],
  ['Mul by one map', (net, x) => net.op('Mul', [x, net.conv(x, 1)])],
  ['Mul by a constant', (net, x) => net.op('Mul', [x, net.constant('by', float32Tensor([], Float32Array.of(1.7)))])],
  ['Concat', (net, x) => net.concat([net.conv(x, 3), x, net.conv(x, 2)])],
  ['Concat of the same twice', (net, x) => net.concat([x, x])],
  ['MaxPool', (net, x) => net.maxPool(x)],
  ['MaxPool of an odd size', (net, x) => net.maxPool(x), { height: 7, width: 5 }],
  ['Resize, doubled', (net, x) => net.enlarge(x, 2)],
  ['Resize by four', (net, x) => net.enlarge(x, 4)],
  ['Resize to an odd size', (net, x) => net.resizeLike(net.maxPool(x), x), { height: 7, width: 5 }],
  ['Resize, doubled from one pixel', (net, x) => net.enlarge(x, 2), { height: 1, width: 1 }],
  ['Resize with corners aligned', (net, x) => resized(net, x, 'align_corners')],
  ['Resize as PyTorch writes it', (net, x) => resized(net, x, 'pytorch_half_pixel')],
  ['Resize, asymmetric', (net, x) => resized(net, x, 'asymmetric')],
];

test.each(layers)('%s: gradients equal finite differences', async (name, layer, size = {}) => {
  const net = network({ height: 8, width: 6, seed: 5, ...size });
  const y = net.conv(layer(net, net.conv(net.input, 4, { name: 'before' })), 2, { name: 'after' });
  const graph = net.graph([y]);

  const found = await slopes(name.includes('batch') ? ofPhotos(graph, 3) : graph, {
    features: [{ value: y, weight: 1 }],
  });

  expect(found.map(({ weight }) => weight)).toContain('before.weight');
  for (const { weight, byGradient, byDifference } of found) {
    const tolerance = 0.01 * Math.abs(byDifference) + 0.002;
    expect(Math.abs(byGradient - byDifference), `${weight}: ${byGradient} for ${byDifference}`).toBeLessThan(tolerance);
  }
});

test('every rule is tried above', () => {
  const tried = new Set(layers.map(([name]) => name.split(/[ ,]/)[0]));

  expect([...tried].sort()).toEqual(Object.keys(BACKWARD_RULES).sort());
});

test('a flat window passes its gradient to one pixel only', async () => {
  const net = network({ channels: 1, height: 4 });
  const flat = net.constant('flat', float32Tensor([1, 1, 1, 1], Float32Array.of(0)));
  const bias = net.constant('level', float32Tensor([1], Float32Array.of(3)));
  const x = net.op('Conv', [net.input, flat, bias], { attributes: { kernel_shape: [1, 1] }, out: 1 });
  const y = net.maxPool(x);

  const [, level] = await slopes(net.graph([y]), { features: [{ value: y, weight: 1 }] });

  expect(level?.weight).toBe('level');
  expect(level?.byGradient).toBeCloseTo(level?.byDifference ?? 0, 1);
});

test('refuses what it has no rule for, naming the node and what to do', async () => {
  const net = network();
  const y = net.conv(net.batchNorm(net.conv(net.input, 4), 'bn1'), 1);

  const attempt = slopes(net.graph([y]), { features: [{ value: y, weight: 1 }] });

  await expect(attempt).rejects.toThrow(/BatchNormalization bn1: fold it/);
});

function ofPhotos(graph: Graph, count: number): Graph {
  const [input] = graph.inputs;
  if (input?.dims === undefined) throw new Error('no input');
  return { ...graph, inputs: [{ ...input, dims: input.dims.with(0, count) }] };
}

function resized(net: Network, x: string, mode: string): string {
  const scales = net.constant('scales', float32Tensor([4], Float32Array.of(1, 1, 1.5, 2)));
  return net.op('Resize', [x, '', scales], { attributes: { coordinate_transformation_mode: mode, mode: 'linear' } });
}

function unevenConv(net: Network, x: string): string {
  return net.op('Conv', [x, net.weights('uneven', [5, 4, 3, 2])], {
    out: 5,
    attributes: { kernel_shape: [3, 2], pads: [2, 0, 0, 1] },
  });
}

function wideConv(net: Network, x: string): string {
  return net.op('Conv', [x, net.weights('wide', [3, 4, 1, 3])], {
    out: 3,
    attributes: { kernel_shape: [1, 3], pads: [2, 1, 2, 1] },
  });
}
