import { expect, test } from 'vitest';
import { decodeModel, encodeModel } from '#models/onnx/codec.ts';
import { float32ToFloat16 } from '#models/onnx/float16.ts';
import { inferShapes } from '#models/onnx/infer-shapes.ts';
import { resizeInput } from '#models/onnx/resize-input.ts';
import { floatsOf, int64Tensor, type Tensor } from '#models/onnx/tensor.ts';
import { simplify } from '#models/steps/simplify.ts';
import { network } from '#test/support/models/network.ts';
import { largestDifference, noiseInput, runForMask, runGraph } from '#test/support/models/run-graph.ts';

test('keeps the first output and only the nodes it needs', () => {
  const net = network();
  const shared = net.relu(net.conv(net.input, 4));
  const mask = net.sigmoid(net.conv(shared, 1, { name: 'main' }));
  const side = net.sigmoid(net.conv(shared, 1, { name: 'side' }));

  const simple = simplify(net.graph([mask, side]));

  expect(simple.outputs).toEqual([{ name: mask, type: 'float32', dims: [1, 1, 32, 32] }]);
  expect(simple.nodes.some((node) => node.name === 'side')).toBe(false);
  expect(simple.constants.has('side.weight')).toBe(false);
});

test('keeps the output that is asked for, and names those there are when it is not there', () => {
  const net = network();
  const mask = net.sigmoid(net.conv(net.input, 1));
  const other = net.relu(mask);

  expect(simplify(net.graph([mask, other]), { output: other }).outputs[0]?.name).toBe(other);
  expect(() => simplify(net.graph([mask]), { output: 'd0' })).toThrow(/d0.*got Sigmoid_1/);
});

test('folds shape arithmetic into constant scales and computes the same', async () => {
  const net = network();
  const wide = net.relu(net.conv(net.input, 4));
  const deep = net.relu(net.conv(net.maxPool(net.maxPool(wide)), 4));
  const graph = net.graph([net.sigmoid(net.conv(net.concat([net.resizeLike(deep, wide), wide]), 1))]);
  const input = noiseInput(graph);

  const simple = simplify(graph);

  expect(new Set(simple.nodes.map((node) => node.op))).toEqual(
    new Set(['Conv', 'Relu', 'MaxPool', 'Resize', 'Concat', 'Sigmoid']),
  );
  expect(largestDifference(await runForMask(simple, input), await runForMask(graph, input))).toBeLessThan(1e-6);
});

test('turns float16 weights behind Casts into float32 and computes the same', async () => {
  const net = network();
  const kept = net.conv(net.input, 4, { name: 'half' });
  const graph = net.graph([net.sigmoid(net.conv(kept, 1))]);
  const halved = withHalfWeights(graph, ['half.weight', 'half.bias']);
  const input = noiseInput(graph);

  const simple = simplify(decodeModel(encodeModel(halved)));

  expect([...simple.constants.values()].every((tensor) => tensor.type === 'float32')).toBe(true);
  expect(simple.nodes.some((node) => node.op === 'Cast')).toBe(false);
  expect(largestDifference(await runForMask(simple, input), await runForMask(halved, input))).toBeLessThan(1e-6);
});

test('an output that a Cast made keeps its name', () => {
  const net = network();
  const mask = net.sigmoid(net.conv(net.input, 1));
  const graph = net.graph([net.op('Cast', [mask], { name: 'mask', attributes: { to: 1 } })]);

  const simple = simplify(graph);

  expect(simple.outputs[0]?.name).toBe('mask');
  expect(simple.nodes.at(-1)).toMatchObject({ op: 'Sigmoid', outputs: ['mask'] });
});

test('folds BatchNormalizations on request and computes the same', async () => {
  const net = network();
  const x = net.relu(net.batchNorm(net.conv(net.input, 8, { bias: false })));
  const y = net.relu(net.batchNorm(net.conv(x, 8)));
  const graph = net.graph([net.sigmoid(net.conv(net.add(x, y), 1))]);
  const input = noiseInput(graph);

  const folded = simplify(graph, { foldBatchNorm: true });

  expect(folded.nodes.some((node) => node.op === 'BatchNormalization')).toBe(false);
  expect(simplify(graph).nodes.filter((node) => node.op === 'BatchNormalization')).toHaveLength(2);
  expect(largestDifference(await runForMask(folded, input), await runForMask(graph, input))).toBeLessThan(1e-5);
});

test('a BatchNormalization whose Conv is read elsewhere too stays', () => {
  const net = network();
  const x = net.conv(net.input, 4);
  const graph = net.graph([net.conv(net.add(net.batchNorm(x), x), 1)]);

  expect(simplify(graph, { foldBatchNorm: true }).nodes.some((node) => node.op === 'BatchNormalization')).toBe(true);
});

test('takes another input size, with sizes that the file had fixed following it', async () => {
  const net = network({ height: 64 });
  const deep = net.relu(net.conv(net.maxPool(net.maxPool(net.input)), 4));
  const fixed = net.constant('sizes', int64Tensor([1, 4, 64, 64]));
  const large = net.op('Resize', [deep, '', '', fixed], { attributes: { mode: 'linear' } });
  const graph = net.graph([net.sigmoid(net.conv(net.concat([large, net.input]), 1))]);

  const small = simplify(graph, { size: { width: 32, height: 48 } });

  expect(small.inputs[0]?.dims).toEqual([1, 3, 48, 32]);
  expect(small.outputs[0]?.dims).toEqual([1, 1, 48, 32]);
  const results = await runGraph(small, noiseInput(small));
  expect(Object.values(results)[0]).toHaveLength(48 * 32);
});

test('refuses a size whose halves do not meet again', () => {
  const net = network({ height: 64 });
  const deep = net.maxPool(net.maxPool(net.input));
  const graph = simplify(net.graph([net.conv(net.concat([net.enlarge(deep, 4), net.input]), 1)]));

  expect(() => resizeInput(graph, { width: 30, height: 64 })).toThrow(/multiple of 64.*30x64/);
});

test('names an operator it has no rule for, with its node', () => {
  const net = network();
  const graph = net.graph([net.op('Attention', [net.input], { name: 'block_3' })]);

  expect(() => inferShapes(graph)).toThrow(
    expect.objectContaining({ code: 'unsupported_operator', message: expect.stringContaining('Attention block_3') }),
  );
});

/** The same graph with some weights stored as float16 and widened by a Cast, as fp16 exporters write it. */
function withHalfWeights(graph: ReturnType<ReturnType<typeof network>['graph']>, names: string[]) {
  const net = network();
  const constants = new Map<string, Tensor>(graph.constants);
  for (const name of names) {
    const tensor = graph.constants.get(name);
    if (tensor === undefined) continue;
    constants.delete(name);
    constants.set(`${name}.half`, {
      type: 'float16',
      dims: tensor.dims,
      data: float32ToFloat16(floatsOf(tensor, name)),
    });
    net.op('Cast', [`${name}.half`], { name, attributes: { to: 1 } });
  }
  return { ...graph, constants, nodes: [...net.graph([]).nodes, ...graph.nodes] };
}
