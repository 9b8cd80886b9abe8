import { principalAxes } from '../math/principal-axes.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, requiredOutput, withoutUnused } from '../onnx/graph.ts';
import { elementCount, float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import type { FittedConv } from './fitted-conv.ts';
import type { SampledConv, TapSource } from './sampled-convs.ts';

/** How narrow a layer becomes. */
export interface Narrowing {
  readonly rank: number;
  /** What a deviation of each output counts, `[outputs]`. */
  readonly worth: Float64Array;
  /** Along how many axes each source is read; undefined where it is read as it is. */
  readonly reads?: readonly (number | undefined)[] | undefined;
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
 * mean 0 and variance 1, and the second, 1 x 1, turns them back. Where enlarging comes after, there is a first one for each size that
 * is read; where readers are told, each reads its source through a 1 x 1 one. For the filters of a least-squares fit this is the best of all
 * layers of that rank (reduced-rank regression, Izenman 1975; for networks Zhang et al. 2015).
 */
export function withNarrowConv(graph: Graph, conv: SampledConv, fitted: FittedConv, narrowing: Narrowing): Graph {
  const { node, sources, output, weight, outputs } = conv;
  const { rank } = narrowing;
  const { thin, thinBias, back } = thinFilters(conv, fitted, narrowing);
  const names = { thin: `${weight}.narrow`, back: `${weight}.wide` };
  const parts = sources.map((source, index) => thinLayers(conv, source, { index, fitted, thin, rank }));
  const constants = new Map([
    ...graph.constants,
    [`${names.thin}.bias`, float32Tensor([rank], thinBias)],
    [names.back, float32Tensor([outputs, rank * sources.length, 1, 1], repeated(back, rank, sources.length))],
    [`${names.back}.bias`, float32Tensor([outputs], fitted.mean)],
    ...parts.flatMap((part) => part.constants),
  ]);
  const made = parts.map((part) => part.made);
  const [only = ''] = made;
  const joined = `${output}.narrow.joined`;
  const join: GraphNode = {
    name: joined,
    op: 'Concat',
    inputs: made,
    outputs: [joined],
    attributes: attributes({ axis: 1 }),
  };
  const inputs = [made.length === 1 ? only : joined, names.back, `${names.back}.bias`];
  const wide: GraphNode = { name: node.name, op: 'Conv', inputs, outputs: [output], attributes: POINTWISE };
  const layers = parts.flatMap((part) => part.nodes);
  const instead = [...layers, ...(made.length === 1 ? [] : [join]), wide];
  const nodes = graph.nodes.flatMap((other) => (requiredOutput(other) === output ? instead : [other]));
  return withoutUnused({ ...graph, constants, nodes });
}

const POINTWISE = attributes({ kernel_shape: [1, 1] });

/** What gives a narrow layer's share of one of its sources: a reader where there is one, the thin convolution, enlarging where that comes after. */
function thinLayers(
  { node, sources, output, weight }: SampledConv,
  { value, channels, enlarge }: TapSource,
  { index, fitted, thin, rank }: { index: number; fitted: FittedConv; thin: Float32Array; rank: number },
): { nodes: GraphNode[]; constants: [string, Tensor][]; made: string } {
  const part = index === 0 ? '' : `.${index}`;
  const names = { thin: `${weight}.narrow`, reader: `${weight}.read${part}` };
  const reader = fitted.readers?.[index];
  const kernel = fitted.weight.dims.slice(2);
  const readOf = (at: number): number => fitted.readers?.[at]?.rows ?? sources[at]?.channels ?? 0;
  const before = sources.slice(0, index).reduce((sum, _, at) => sum + readOf(at), 0);
  const columns = { start: before * elementCount(kernel), count: readOf(index) * elementCount(kernel) };
  const filters = columnsOf(thin, elementCount(fitted.weight.dims.slice(1)), columns);
  const constants: [string, Tensor][] = [[names.thin + part, float32Tensor([rank, readOf(index), ...kernel], filters)]];
  const [read, small] = [`${output}.read${part}`, `${output}.narrow${part}`];
  const nodes: GraphNode[] = [];
  if (reader !== undefined) {
    constants.push([names.reader, float32Tensor([reader.rows, channels, 1, 1], Float32Array.from(reader.data))]);
    const [name, inputs] = [`${node.name}.read${part}`, [value, names.reader]];
    nodes.push({ name, op: 'Conv', inputs, outputs: [read], attributes: POINTWISE });
  }
  // What they give is added up, so that one bias will do.
  const bias = index === 0 ? [`${names.thin}.bias`] : [];
  const inputs = [reader === undefined ? value : read, names.thin + part, ...bias];
  nodes.push({ ...node, name: `${node.name}.narrow${part}`, inputs, outputs: [small] });
  if (enlarge === undefined) return { nodes, constants, made: small };
  const made = `${small}.enlarged`;
  nodes.push({ ...enlarge, name: made, inputs: [small, ...enlarge.inputs.slice(1)], outputs: [made] });
  return { nodes, constants, made };
}

/** Filters `[rank, taps]` and biases to the principal axes, in standard deviations from the mean, and filters `[outputs, rank]` back. */
function thinFilters(
  { weight, outputs }: SampledConv,
  fitted: FittedConv,
  narrowing: Narrowing,
): { thin: Float32Array; thinBias: Float32Array; back: Float32Array } {
  const { rank } = narrowing;
  const taps = elementCount(fitted.weight.dims.slice(1));
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
