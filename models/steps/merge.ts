import type { ChannelGroups } from '../channels/channel-groups.ts';
import { solvePositive } from '../math/cholesky.ts';
import { addDiagonalInto, meanDiagonal, submatrix } from '../math/linear.ts';
import type { Matrix, Products } from '../math/products.ts';
import { type Graph, type GraphNode, requiredInput } from '../onnx/graph.ts';
import { float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import { centred } from './moments.ts';
import type { ChannelMoments, Observations } from './observe.ts';

/** How a value's removed channels follow from the kept ones. */
interface Interpolation {
  readonly kept: readonly number[];
  readonly removed: readonly number[];
  /** `[kept, removed]`. */
  readonly factors: Matrix;
  /** What each removed channel is on average beyond its interpolation, `[removed]`. */
  readonly offsets: Float64Array;
}

/**
 * Share of the mean variance added to every variance, so that nearly equal channels cannot get huge opposite factors. The next
 * one is taken where sums of few large photos are too far off in float32 for the one before.
 */
const RIDGES = [1e-4, 1e-3, 1e-2, 1e-1] as const;

/** float32 sums are off by about this share of their size, which must not pass for variance. */
const NOISE = 1e-5;

/**
 * Before channels are cut, lets the ones that stay take over their work: each removed channel is interpolated from the
 * kept ones at the same pixel (least squares over the observed photos), and its readers' weights are moved accordingly.
 *
 * @returns A graph of the same shape, to be sliced next. Padding at the frame is the only place where a merge of
 * channels that depend linearly on others is not exact.
 */
export async function merge(
  graph: Graph,
  groups: ChannelGroups,
  { cut, observations, products }: { cut: ReadonlySet<number>; observations: Observations; products: Products },
): Promise<Graph> {
  const constants = new Map<string, Tensor>(graph.constants);
  const nodes = new Map<GraphNode, GraphNode>();
  const known = new Map<string, Interpolation>();
  for (const { node, role, channels, constant } of groups.axes) {
    const value = requiredInput(node, 0);
    const moments = observations.get(value);
    const isPlainConv = node.op === 'Conv' && role === 'reads' && channels.length === moments?.mean.length;
    if (!isPlainConv || moments === undefined || !channels.some((channel) => cut.has(channel))) continue;
    const interpolation =
      known.get(value) ??
      (await interpolate(
        moments,
        channels.map((c) => cut.has(c)),
        products,
      ));
    known.set(value, interpolation);

    const weight = constants.get(constant);
    const bias = constants.get(node.inputs[2] ?? '');
    if (weight === undefined) continue;
    const moved = await movedWeights(floatsOf(weight, constant), weight.dims, interpolation, products);
    const biasName = node.inputs[2] || `${constant}.bias`;
    const before = bias === undefined ? new Float32Array(moved.bias.length) : floatsOf(bias, biasName);
    constants.set(constant, float32Tensor(weight.dims, moved.weight));
    constants.set(
      biasName,
      float32Tensor(
        [before.length],
        before.map((b, o) => b + (moved.bias[o] ?? 0)),
      ),
    );
    if (biasName !== node.inputs[2]) nodes.set(node, { ...node, inputs: [value, constant, biasName] });
  }
  return { ...graph, constants, nodes: graph.nodes.map((node) => nodes.get(node) ?? node) };
}

/** Solves for the factors with the least ridge that makes the matrix positive definite. Both makers give fresh copies. */
async function solveRidged(
  { n, columns, noise, products }: { n: number; columns: number; noise: number; products: Products },
  makeLeft: () => Float64Array,
  makeRight: () => Float64Array,
): Promise<Matrix> {
  for (const ridge of RIDGES) {
    const left = makeLeft();
    addDiagonalInto(left, n, ridge * meanDiagonal(left, n) + noise);
    try {
      const right = { rows: n, columns, data: makeRight() };
      return await solvePositive({ rows: n, columns: n, data: left }, right, products);
    } catch (error) {
      if (!(error instanceof RangeError) || ridge === RIDGES.at(-1)) throw error;
    }
  }
  throw new RangeError('Expected a ridge to try, got none');
}

async function interpolate(
  moments: ChannelMoments,
  isCut: readonly boolean[],
  products: Products,
): Promise<Interpolation> {
  const { covariance, channels } = centred(moments);
  const indices = isCut.map((_, index) => index);
  const [kept, removed] = [indices.filter((i) => !isCut[i]), indices.filter((i) => isCut[i])];
  const noise = NOISE * meanDiagonal(moments.products, channels) + Number.EPSILON;
  const factors = await solveRidged(
    { n: kept.length, columns: removed.length, noise, products },
    () => submatrix(covariance, channels, kept, kept),
    () => submatrix(covariance, channels, kept, removed),
  );
  const offsets = Float64Array.from(removed, (channel, r) =>
    kept.reduce(
      (rest, other, k) => rest - (factors.data[k * removed.length + r] ?? 0) * (moments.mean[other] ?? 0),
      moments.mean[channel] ?? 0,
    ),
  );
  return { kept, removed, factors, offsets };
}

/** Weight `[out, in, kH, kW]` with the removed inputs' taps added to the kept ones' by their factors, and what that adds to the bias. */
async function movedWeights(
  weights: Float32Array,
  dims: readonly number[],
  { kept, removed, factors, offsets }: Interpolation,
  products: Products,
): Promise<{ weight: Float32Array; bias: Float64Array }> {
  const [outputs = 1, inputs = 1, ...kernel] = dims;
  const taps = kernel.reduce((a, b) => a * b, 1);
  const at = (row: number, channel: number): number =>
    (Math.floor(row / taps) * inputs + channel) * taps + (row % taps);
  const rows = outputs * taps;
  const leaving: Matrix = { rows, columns: removed.length, data: new Float64Array(rows * removed.length) };
  const bias = new Float64Array(outputs);
  for (let row = 0; row < rows; row++) {
    const o = Math.floor(row / taps);
    for (const [r, channel] of removed.entries()) {
      const value = weights[at(row, channel)] ?? 0;
      leaving.data[row * removed.length + r] = value;
      bias[o] = (bias[o] ?? 0) + value * (offsets[r] ?? 0);
    }
  }
  const added = (await products.timesTransposed(leaving, factors)).data;
  const weight = weights.slice();
  for (let row = 0; row < rows; row++) {
    for (const [k, channel] of kept.entries()) {
      const index = at(row, channel);
      weight[index] = (weight[index] ?? 0) + (added[row * kept.length + k] ?? 0);
    }
  }
  return { weight, bias };
}
