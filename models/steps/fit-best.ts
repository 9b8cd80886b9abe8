import { addInto } from '../math/linear.ts';
import type { Matrix, Products } from '../math/products.ts';
import { type Feed, float32Result, type Network, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import type { Graph, GraphNode } from '../onnx/graph.ts';
import { float32Tensor, type Tensor } from '../onnx/tensor.ts';
import { type Fit, less, reachOf } from './fitted-conv.ts';
import { type NarrowAxes, type Narrowing, narrowAxes } from './narrow.ts';
import type { NormalEquations, Samples, Solve, Targets } from './normal-equations.ts';
import { filtersBefore, filtersBehind, type Reading } from './reading.ts';

/** A layer to be fitted. */
export interface Fitting {
  /** Finished. */
  readonly equations: NormalEquations;
  /** With the weights that the layer had. */
  readonly graph: Graph;
  /** How narrow the layer becomes; undefined where it stays whole. */
  readonly narrowing: Narrowing | undefined;
  /** What the layer reads its sources through; undefined where it reads them as they are. */
  readonly reading?: Reading | undefined;
  /** Whether nothing but ReLUs read the layer. */
  readonly isRectified: boolean;
  readonly products: Products;
}

/** Ridges are tried in steps of half a power of ten, within these. */
const RIDGES = { step: Math.sqrt(10), least: 1e-4, most: 100 } as const;
/** Rounds at most, and how many may bring nothing before the last. */
const ROUNDS = { most: 12, patience: 2 } as const;

/**
 * Fits a layer with the ridge, and as often anew, as serves the samples best that were held back.
 *
 * Where nothing but ReLUs read the layer and the dense network's output is below zero, whatever is below zero will do. So each
 * round lets those targets be what the layer, as narrow as it becomes, gave below zero, and solves for them, which lessens
 * `Σ (y - ŷ)²` where y > 0 and `Σ max(ŷ, 0)²` elsewhere. Each round looks ahead along the last one's way (Nesterov's
 * acceleration), so that the error may rise for one.
 *
 * That the next layer sees only what is above zero is from Zhang et al. 2015 (Accelerating very deep convolutional networks);
 * theirs also gives way above zero and is not convex.
 *
 * @param ridge The first that is tried.
 */
export async function fitBest(fitting: Fitting, ridge: number): Promise<Fit> {
  return withNetwork(samplesGraph(), async (network) => {
    const plain = await withBestRidge(network, fitting, ridge);
    return fitting.isRectified ? await refitted(network, fitting, plain) : plain.fit;
  });
}

interface Candidate {
  readonly solve: Solve;
  readonly fit: Fit;
  /** On the samples held back. */
  readonly error: number;
}

/** Climbs from one ridge as long as the next one serves the held-back samples better, upwards or else downwards. */
async function withBestRidge(network: Network, fitting: Fitting, first: number): Promise<Candidate> {
  const at = async (ridge: number): Promise<Candidate> => {
    const solve = await fitting.equations.solver(fitting.graph, ridge);
    const fit = await solve(fitting.equations.targets);
    return { solve, fit, error: await heldError(network, fitting, await narrowed(fit, fitting)) };
  };
  const start = await at(first);
  for (const direction of [1, -1]) {
    let best = start;
    for (let step = direction; ; step += direction) {
      const ridge = first * RIDGES.step ** step;
      if (ridge < RIDGES.least || ridge > RIDGES.most) break;
      const next = await at(ridge);
      if (next.error >= best.error) break;
      best = next;
    }
    if (best !== start) return best;
  }
  return start;
}

/** Fits again and again to targets that don't mind what the ReLU hides. */
async function refitted(network: Network, fitting: Fitting, { solve, fit: first, error }: Candidate): Promise<Fit> {
  let best = { fit: first, error, round: 0 };
  let given = await narrowed(first, fitting);
  let last = given;
  for (let round = 1; round <= ROUNDS.most && round - best.round <= ROUNDS.patience; round++) {
    const ahead = beyond(last, given, (round - 1) / (round + 2));
    const fit = await solve(await rectifiedTargets(network, fitting.equations, ahead));
    last = given;
    given = await narrowed(fit, fitting);
    const now = await heldError(network, fitting, given);
    if (now < best.error) best = { fit, error: now, round };
  }
  return best.fit;
}

type Filters = Pick<Fit, 'filters' | 'bias'>;

/** What is left of a fit when its outputs vary along their first principal axes only, and where it has readers, when it reads through them. */
async function narrowed(fit: Fit, fitting: Fitting): Promise<Filters> {
  const { narrowing, reading, products } = fitting;
  if (narrowing === undefined) return fit;
  if (reading !== undefined) return narrowedBehind(reading, fit, { ...fitting, narrowing });
  const { filters, bias, mean, covariance } = fit;
  const axes = narrowAxes(covariance, narrowing);
  const { data } = await alongAxes(
    { rows: 1, columns: filters.columns, data: bias.map((value, o) => value - (mean[o] ?? 0)) },
    axes,
    products,
  );
  return {
    filters: await alongAxes(filters, axes, products),
    bias: data.map((value, o) => value + (mean[o] ?? 0)),
  };
}

async function narrowedBehind(
  reading: Reading,
  { filters, mean }: Fit,
  { narrowing, equations, products }: Fitting & { narrowing: Narrowing },
): Promise<Filters> {
  const behind = await filtersBehind(reading, filters, products);
  const covariance = behind.sums.data.map((value) => value / equations.samples);
  const thin = await alongAxes(behind.filters, narrowAxes(covariance, narrowing), products);
  const before = await filtersBefore(reading, thin, products);
  return { filters: before, bias: less(mean, reachOf(before, equations.inputMean)) };
}

/** Rows `[rows, outputs]` there and back along axes. */
async function alongAxes(rows: Matrix, { to, back }: NarrowAxes, products: Products): Promise<Matrix> {
  const axes = (data: Float64Array): Matrix => ({ rows: data.length / rows.columns, columns: rows.columns, data });
  return products.times(await products.timesTransposed(rows, axes(to)), axes(back));
}

function beyond(from: Filters, to: Filters, share: number): Filters {
  const further = (a: Float64Array, b: Float64Array) => b.map((value, i) => value + share * (value - (a[i] ?? 0)));
  return {
    filters: { ...to.filters, data: further(from.filters.data, to.filters.data) },
    bias: further(from.bias, to.bias),
  };
}

/** Targets that don't mind what is below zero where the dense network is. */
async function rectifiedTargets(network: Network, { learned }: NormalEquations, given: Filters): Promise<Targets> {
  const { rows: taps, columns: outputs } = given.filters;
  const targets = { cross: new Float64Array(taps * outputs), sum: new Float64Array(outputs) };
  for (const samples of learned) {
    const results = await network.run(feeds(samples, given), ['cross', 'sum']);
    addInto(targets.cross, float32Result(results, 'cross'));
    addInto(targets.sum, float32Result(results, 'sum'));
  }
  return targets;
}

/** Sum of squared differences to the dense network on the samples held back, after the ReLU where there is one. */
async function heldError(network: Network, { equations, isRectified }: Fitting, given: Filters): Promise<number> {
  const name = isRectified ? 'seenError' : 'error';
  let error = 0;
  for (const samples of equations.held) {
    error += float32Result(await network.run(feeds(samples, given), [name]), name)[0] ?? 0;
  }
  return error;
}

function feeds({ rows, inputs, outputs: wanted }: Samples, { filters, bias }: Filters): Record<string, Feed> {
  return {
    inputs: { data: inputs, dims: [rows, filters.rows] },
    wanted: { data: wanted, dims: [rows, filters.columns] },
    filters: { data: Float32Array.from(filters.data), dims: [filters.rows, filters.columns] },
    bias: { data: Float32Array.from(bias), dims: [filters.columns] },
  };
}

/** What is asked of samples and filters: targets for another round, or errors. */
function samplesGraph(): Graph {
  const node = (
    op: string,
    inputs: string[],
    output: string,
    values: Parameters<typeof attributes>[0] = {},
  ): GraphNode => ({ name: output, op, inputs, outputs: [output], attributes: attributes(values) });
  const input = (name: string, dims: string[]) => ({ name, type: 'float32', dims }) as const;
  return {
    name: 'samples',
    opset: 17,
    inputs: [
      input('inputs', ['rows', 'taps']),
      input('wanted', ['rows', 'outputs']),
      input('filters', ['taps', 'outputs']),
      input('bias', ['outputs']),
    ],
    outputs: ['cross', 'sum', 'error', 'seenError'].map((name) => ({ name, type: 'float32', dims: undefined })),
    constants: new Map<string, Tensor>([
      ['zero', float32Tensor([], Float32Array.of(0))],
      ['rows', { type: 'int64', dims: [1], data: BigInt64Array.of(0n) }],
    ]),
    hints: [],
    nodes: [
      node('Gemm', ['inputs', 'filters', 'bias'], 'given'),
      node('Min', ['given', 'zero'], 'below'),
      node('Greater', ['wanted', 'zero'], 'isSeen'),
      node('Where', ['isSeen', 'wanted', 'below'], 'targets'),
      node('Gemm', ['inputs', 'targets'], 'cross', { transA: 1 }),
      node('ReduceSum', ['targets', 'rows'], 'sum', { keepdims: 0 }),
      node('Sub', ['wanted', 'given'], 'difference'),
      node('Mul', ['difference', 'difference'], 'squares'),
      node('ReduceSum', ['squares'], 'error', { keepdims: 0 }),
      node('Relu', ['wanted'], 'seenWanted'),
      node('Relu', ['given'], 'seenGiven'),
      node('Sub', ['seenWanted', 'seenGiven'], 'seenDifference'),
      node('Mul', ['seenDifference', 'seenDifference'], 'seenSquares'),
      node('ReduceSum', ['seenSquares'], 'seenError', { keepdims: 0 }),
    ],
  };
}
