import { expect, test } from 'vitest';
import { simplify } from '#models/steps/simplify.ts';
import { buildTrainingGraph, type MaskLossName } from '#models/train/training-graph.ts';
import { inputsFor, lossAndGradients, slopes } from '#test/support/models/gradients.ts';
import { network } from '#test/support/models/network.ts';
import { runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

function maskNetwork(size: { height: number; width?: number } = { height: 6 }) {
  const net = network({ ...size, seed: 2 });
  return net.graph([net.sigmoid(net.conv(net.input, 1, { name: 'only' }))]);
}

/** Each loss of mask p and target t as its definition says, over any size. */
const definitions: Record<MaskLossName, { error: (p: number, t: number) => number; isHalf: boolean }> = {
  crossEntropy: { error: entropy, isHalf: false },
  absolute: { error: (p, t) => Math.abs(p - t), isHalf: false },
  halfSizeCrossEntropy: { error: entropy, isHalf: true },
  halfSizeAbsolute: { error: (p, t) => Math.abs(p - t), isHalf: true },
};
const names = Object.keys(definitions) as MaskLossName[];

test.each(names)('%s is what its definition says', async (name) => {
  const model = maskNetwork();
  const training = buildTrainingGraph(model, { mask: { [name]: 0.5 } });
  const given = inputsFor(training);
  const { error, isHalf } = definitions[name];
  const at = (data: Float32Array | undefined): number[] =>
    isHalf ? halved(data ?? new Float32Array(), 6) : [...(data ?? [])];
  const [mask, target, emphasis] = [
    await runForMask(model, given[training.photo.name] ?? new Float32Array()),
    given['train.target'],
    given['train.emphasis'],
  ].map(at);

  const results = await lossAndGradients(training, given);

  const expected = (mask ?? []).map((p, i) => error(p, target?.[i] ?? 0) * (emphasis?.[i] ?? 0));
  const mean = expected.reduce((a, b) => a + b, 0) / expected.length;
  expect(results.get(training.loss)?.[0]).toBeCloseTo(0.5 * mean, 5);
});

test.each(names)('%s: gradients equal finite differences, at even and odd sizes', async (name) => {
  for (const size of [{ height: 6 }, { height: 7, width: 5 }]) {
    const found = await slopes(maskNetwork(size), { mask: { [name]: 10 } });

    expect(found).toHaveLength(2);
    for (const { byGradient, byDifference } of found) expect(byGradient).toBeCloseTo(byDifference, 1);
  }
});

test('the gradient of the whole of U2-Netp equals finite differences', async () => {
  const model = simplify(u2netpGraph({ size: 32, narrow: 4 }));

  const found = await slopes(model, { mask: { crossEntropy: 100 } }, { together: 4, step: 2e-4 });

  for (const { byGradient, byDifference } of found) {
    expect(Math.abs(byGradient - byDifference) / Math.abs(byDifference), `${byGradient} ${byDifference}`).toBeLessThan(
      0.03,
    );
  }
});

test('gives a gradient for every filter and bias of U2-Netp', () => {
  const model = simplify(u2netpGraph({ size: 32, narrow: 4 }));

  const { weights } = buildTrainingGraph(model, { mask: { crossEntropy: 1 } });

  expect(weights).toHaveLength(2 * 119);
});

test('leaves out what is not to be trained, and the way back to it', () => {
  const model = simplify(u2netpGraph({ size: 32, narrow: 4 }));
  const whole = buildTrainingGraph(model, { mask: { absolute: 1 } });

  const part = buildTrainingGraph(
    model,
    { mask: { absolute: 1 } },
    { isTrained: (name) => name.startsWith('stage1d') },
  );

  expect(part.weights.every(({ name }) => name.startsWith('stage1d'))).toBe(true);
  expect(part.graph.constants.has('stage1.in.weight')).toBe(true);
  expect(part.graph.nodes.length).toBeLessThan(0.6 * whole.graph.nodes.length);
});

test('refuses a mask loss where no Sigmoid makes the mask', () => {
  const net = network();
  const graph = net.graph([net.conv(net.input, 1)]);

  expect(() => buildTrainingGraph(graph, { mask: { absolute: 1 } })).toThrow(/Expected a Sigmoid/);
});

test('refuses a loss without terms', () => {
  expect(() => buildTrainingGraph(maskNetwork(), { mask: { absolute: 0 } })).toThrow(/at least one term/);
});

test('refuses a model older than opset 11', () => {
  expect(() => buildTrainingGraph({ ...maskNetwork(), opset: 10 }, { mask: { absolute: 1 } })).toThrow(/opset 11/);
});

function entropy(p: number, t: number): number {
  return -(t * Math.log(p) + (1 - t) * Math.log(1 - p));
}

function halved(data: Float32Array, size: number): number[] {
  const half = size / 2;
  return Array.from({ length: half * half }, (_, i) => {
    const [y, x] = [2 * Math.floor(i / half), 2 * (i % half)];
    const at = (dy: number, dx: number): number => data[(y + dy) * size + x + dx] ?? 0;
    return (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
  });
}
