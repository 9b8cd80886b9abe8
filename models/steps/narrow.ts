import { principalAxes } from '../math/principal-axes.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, requiredOutput, withoutUnused } from '../onnx/graph.ts';
import { elementCount, float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import type { SampledConv } from './sampled-convs.ts';

/** A convolution that was fitted to what it should give. */
export interface FittedConv {
  /** `[outputs, taps]` in the dims of its weights. */
  readonly weight: Tensor;
  readonly bias: Float32Array;
  /** Mean of each output, `[outputs]`. */
  readonly mean: Float32Array;
  /** `[outputs, outputs]`, of what it gives. */
  readonly covariance: Float64Array;
}

/** How narrow a layer becomes. */
export interface Narrowing {
  readonly rank: number;
  /** What a deviation of each output counts, `[outputs]`. */
  readonly worth: Float64Array;
}

/** Axes that a layer's outputs are left along. */
export interface NarrowAxes {
  /** Variances along them, the largest first. */
  readonly variances: Float64Array;
  /** `[rank, outputs]`: gives places along the axes. */
  readonly to: Float64Array;
  /** `[rank, outputs]`: gives the outputs back, one axis a row. */
  readonly back: Float64Array;
}

/** The axes that keep most of what counts of outputs with this covariance `[outputs, outputs]`. */
export function narrowAxes(covariance: Float64Array, { rank, worth }: Narrowing): NarrowAxes {
  const outputs = worth.length;
  const { variances, axes } = principalAxes(weighted(covariance, worth), outputs);
  const first = axes.slice(0, rank * outputs);
  return {
    variances: variances.slice(0, rank),
    to: first.map((value, at) => value * (worth[at % outputs] ?? 1)),
    back: first.map((value, at) => value / (worth[at % outputs] ?? 1)),
  };
}

/** The covariance of outputs times what their deviations count. */
export function weighted(covariance: Float64Array, worth: Float64Array): Float64Array {
  const outputs = worth.length;
  return covariance.map((value, at) => value * (worth[Math.floor(at / outputs)] ?? 1) * (worth[at % outputs] ?? 1));
}

/**
 * Puts two convolutions in the place of one: the first gives the outputs along the principal axes that matter most, each with
 * mean 0 and variance 1, and the second, 1 x 1, turns them back. Where enlarging comes after, there is a first one for each size that is read. For the filters of a least-squares fit this is the best of all
 * layers of that rank (reduced-rank regression, Izenman 1975; for networks Zhang et al. 2015).
 */
export function withNarrowConv(graph: Graph, conv: SampledConv, fitted: FittedConv, narrowing: Narrowing): Graph {
  const { node, sources, output, weight, outputs } = conv;
  const { rank } = narrowing;
  const { thin, thinBias, back } = thinFilters(conv, fitted, narrowing);
  const names = { thin: `${weight}.narrow`, back: `${weight}.wide` };
  const kernel = fitted.weight.dims.slice(2);
  const thinLayers = sources.map((source, index) => {
    const before = sources.slice(0, index).reduce((sum, { channels }) => sum + channels, 0);
    const filters = columnsOf(thin, conv.taps, {
      start: before * elementCount(kernel),
      count: source.channels * elementCount(kernel),
    });
    const part = index === 0 ? '' : `.${index}`;
    return { source, part, filters: float32Tensor([rank, source.channels, ...kernel], filters) };
  });
  const constants = new Map(graph.constants)
    .set(`${names.thin}.bias`, float32Tensor([rank], thinBias))
    .set(names.back, float32Tensor([outputs, rank * sources.length, 1, 1], repeated(back, rank, sources.length)))
    .set(`${names.back}.bias`, float32Tensor([outputs], fitted.mean));
  const made: string[] = [];
  const layers: GraphNode[] = thinLayers.flatMap(({ source: { value, enlarge }, part, filters }, index) => {
    const [name, small] = [names.thin + part, `${output}.narrow${part}`];
    constants.set(name, filters);
    // Their outputs are added up, so that one bias will do.
    const inputs = [value, name, ...(index === 0 ? [`${names.thin}.bias`] : [])];
    const layer: GraphNode = { ...node, name: `${node.name}.narrow${part}`, inputs, outputs: [small] };
    const large = `${small}.enlarged`;
    made.push(enlarge === undefined ? small : large);
    if (enlarge === undefined) return [layer];
    return [layer, { ...enlarge, name: large, inputs: [small, ...enlarge.inputs.slice(1)], outputs: [large] }];
  });
  const [only = ''] = made;
  const joined = `${output}.narrow.joined`;
  const join: GraphNode = {
    name: joined,
    op: 'Concat',
    inputs: made,
    outputs: [joined],
    attributes: attributes({ axis: 1 }),
  };
  const wide: GraphNode = {
    name: node.name,
    op: 'Conv',
    inputs: [made.length === 1 ? only : joined, names.back, `${names.back}.bias`],
    outputs: [output],
    attributes: attributes({ kernel_shape: [1, 1] }),
  };
  const instead = [...layers, ...(made.length === 1 ? [] : [join]), wide];
  const nodes = graph.nodes.flatMap((other) => (requiredOutput(other) === output ? instead : [other]));
  return withoutUnused({ ...graph, constants, nodes });
}

/** Filters `[rank, taps]` and biases to the principal axes, in standard deviations from the mean, and filters `[outputs, rank]` back. */
function thinFilters(
  { weight, taps, outputs }: SampledConv,
  fitted: FittedConv,
  narrowing: Narrowing,
): { thin: Float32Array; thinBias: Float32Array; back: Float32Array } {
  const { rank } = narrowing;
  const axes = narrowAxes(fitted.covariance, narrowing);
  const filters = floatsOf(fitted.weight, weight);
  const [thin, thinBias] = [new Float32Array(rank * taps), new Float32Array(rank)];
  const back = new Float32Array(outputs * rank);
  for (let k = 0; k < rank; k++) {
    const row = new Float64Array(taps);
    // An axis without any variance is left as long as it is.
    const deviation = Math.sqrt(axes.variances[k] ?? 0) || 1;
    let bias = 0;
    for (let o = 0; o < outputs; o++) {
      const share = axes.to[k * outputs + o] ?? 0;
      for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] ?? 0) + share * (filters[o * taps + tap] ?? 0);
      bias += share * ((fitted.bias[o] ?? 0) - (fitted.mean[o] ?? 0));
      back[o * rank + k] = (axes.back[k * outputs + o] ?? 0) * deviation;
    }
    const scaled = row.map((value) => value / deviation);
    thin.set(scaled, k * taps);
    thinBias[k] = bias / deviation;
  }
  return { thin, thinBias, back };
}

/** Some columns of a `[rows, columns]` matrix. */
function columnsOf(
  data: Float32Array,
  columns: number,
  { start, count }: { start: number; count: number },
): Float32Array {
  const rows = data.length / columns;
  const part = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    part.set(data.subarray(row * columns + start, row * columns + start + count), row * count);
  }
  return part;
}

/** A `[rows, columns]` matrix several times side by side. */
function repeated(data: Float32Array, columns: number, times: number): Float32Array {
  const whole = new Float32Array(data.length * times);
  for (let at = 0; at < whole.length; at++) {
    const [row, column] = [Math.floor(at / (columns * times)), at % columns];
    whole[at] = data[row * columns + column] ?? 0;
  }
  return whole;
}
