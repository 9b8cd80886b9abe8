import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProducts, type Products } from '#models/math/products.ts';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { fitBest } from '#models/steps/fit-best.ts';
import { asConv } from '#models/steps/fitted-conv.ts';
import { narrowAxes } from '#models/steps/narrow.ts';
import { NormalEquations } from '#models/steps/normal-equations.ts';
import type { SampledConv } from '#models/steps/sampled-convs.ts';
import { seenShares } from '#models/steps/seen-shares.ts';

let products: Products;
beforeAll(async () => {
  products = await openProducts();
});
afterAll(() => products.close());

const TAPS = 6;
const OUTPUTS = 3;
const random = seededRandom(5);
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());
/** `[outputs, taps]`, what a fit is to find. */
const truth = normals(OUTPUTS * TAPS);

const conv: SampledConv = {
  node: { name: 'layer', op: 'Conv', inputs: ['x', 'weight'], outputs: ['y'], attributes: new Map() },
  input: 'x',
  sources: [{ value: 'x', channels: 6, enlarge: undefined }],
  output: 'y',
  weight: 'weight',
  bias: undefined,
  taps: TAPS,
  outputs: OUTPUTS,
  positions: [],
  places: 0,
  kept: [],
  samples: 'y.samples',
};

/** A graph that the layer has these weights in. */
function having(weights: Float32Array): Graph {
  const constants = new Map([['weight', float32Tensor([OUTPUTS, TAPS, 1, 1], weights)]]);
  return { name: 'layer', opset: 17, inputs: [], outputs: [], nodes: [], constants, hints: [] };
}

/** What the true layer gives, `[rows, outputs]`. */
function trueOutputs(inputs: Float32Array): Float32Array {
  const rows = inputs.length / TAPS;
  return Float32Array.from({ length: rows * OUTPUTS }, (_, at) => {
    const [row, o] = [Math.floor(at / OUTPUTS), at % OUTPUTS];
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) sum += (inputs[row * TAPS + tap] ?? 0) * (truth[o * TAPS + tap] ?? 0);
    return sum;
  });
}

async function equationsOf(rows: number, distort: (value: number) => number): Promise<NormalEquations> {
  const equations = new NormalEquations(conv, products, { keepsSamples: true });
  const inputs = normals(rows * TAPS);
  await equations.add(inputs, trueOutputs(inputs).map(distort));
  await equations.update();
  const others = normals(200 * TAPS);
  equations.hold(others, trueOutputs(others).map(distort));
  equations.finish();
  return equations;
}

function distanceToTruth(weights: ArrayLike<number>): number {
  return truth.reduce((most, value, index) => Math.max(most, Math.abs(value - (weights[index] ?? 0))), 0);
}

test('what a ReLU hides does not count', async () => {
  const equations = await equationsOf(400, (value) => (value > 0 ? value : value - 8 * random.uniform()));
  const graph = having(new Float32Array(OUTPUTS * TAPS));
  const fitting = { equations, graph, narrowing: undefined, products };

  const seen = asConv(graph, conv, await fitBest({ ...fitting, isRectified: true }, 1e-3), equations);
  const all = asConv(graph, conv, await fitBest({ ...fitting, isRectified: false }, 1e-3), equations);

  expect(distanceToTruth(seen.weight.data as Float32Array)).toBeLessThan(0.1);
  expect(distanceToTruth(all.weight.data as Float32Array)).toBeGreaterThan(0.5);
});

test('a layer with few and noisy samples stays near the weights it had, one with many does not', async () => {
  const had = truth.map((value) => value + 0.2 * random.normal());
  const fitOn = async (rows: number): Promise<number> => {
    const equations = await equationsOf(rows, (value) => value + random.normal());
    const fit = await fitBest(
      { equations, graph: having(had), narrowing: undefined, isRectified: false, products },
      1e-3,
    );
    return distanceToTruth(asConv(having(had), conv, fit, equations).weight.data as Float32Array);
  };
  const few = await equationsOf(10, (value) => value + random.normal());
  const weak = await (await few.solver(having(had), 1e-3))(few.targets);

  expect(await fitOn(10)).toBeLessThan(
    0.7 * distanceToTruth(asConv(having(had), conv, weak, few).weight.data as Float32Array),
  );
  expect(await fitOn(4000)).toBeLessThan(0.5 * distanceToTruth(had));
});

test('a narrow layer keeps what is seen rather than what varies most', async () => {
  // The second output varies most and lies below zero everywhere.
  const make = (rows: number) => {
    const inputs = normals(rows * TAPS);
    const outputs = new Float32Array(rows * OUTPUTS);
    for (let row = 0; row < rows; row++) {
      const [a = 0, b = 0] = inputs.subarray(row * TAPS);
      outputs.set([a, -50 + 4 * b, -50 - 4 * b], row * OUTPUTS);
    }
    return { inputs, outputs };
  };
  const equations = new NormalEquations(conv, products, { keepsSamples: true });
  const [learned, held] = [make(300), make(100)];
  await equations.add(learned.inputs, learned.outputs.slice());
  await equations.update();
  equations.hold(held.inputs, held.outputs);
  equations.finish();
  const graph = having(new Float32Array(OUTPUTS * TAPS));
  const worth = seenShares([learned.outputs], OUTPUTS);

  const fit = await fitBest({ equations, graph, narrowing: { rank: 1, worth }, isRectified: true, products }, 1e-3);

  const { to, back } = narrowAxes(fit.covariance, { rank: 1, worth });
  expect(worth[0]).toBeGreaterThan(0.5);
  expect([...worth.slice(1)]).toEqual([0.05, 0.05]);
  // Along that one axis the first output comes back whole.
  expect((to[0] ?? 0) * (back[0] ?? 0)).toBeGreaterThan(0.95);
});
