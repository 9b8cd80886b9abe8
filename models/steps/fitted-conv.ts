import { transposed } from '../math/cholesky.ts';
import type { Matrix, Products } from '../math/products.ts';
import type { Graph } from '../onnx/graph.ts';
import { float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import { isLate, lateFilters } from './late-upsampling.ts';
import { filtersBehind, type Readers, type Reading, read } from './reading.ts';
import type { SampledConv } from './sampled-convs.ts';

/** Filters for inputs that the shift is taken from: gives `x filters + bias`. */
export interface Fit {
  /** `[taps, outputs]`. */
  readonly filters: Matrix;
  readonly bias: Float64Array;
  /** Mean of each output, `[outputs]`. */
  readonly mean: Float64Array;
  /** `[outputs, outputs]`, of what it gives. */
  readonly covariance: Float64Array;
}

/** A convolution that was fitted to what it should give. */
export interface FittedConv {
  /** `[outputs, taps]` in the dims of its weights. */
  readonly weight: Tensor;
  readonly bias: Float32Array;
  /** Mean of each output, `[outputs]`. */
  readonly mean: Float32Array;
  /** `[outputs, outputs]`, of what it gives. */
  readonly covariance: Float64Array;
  /** What the weights read the sources through; as they are where absent. */
  readonly readers?: Readers;
}

/** What is known of what a layer reads. */
interface Seen {
  readonly samples: number;
  /** Taken off what it reads, `[taps]`. */
  readonly shift: Float64Array;
  /** Less the shift, `[taps]`. */
  readonly inputMean: Float64Array;
}

/** A layer with the weights that the graph has, as a fit. @param gram `[taps, taps]`, of deviations from the means. */
export async function fitAsItIs(
  graph: Graph,
  conv: SampledConv,
  { gram, seen, products }: { gram: Matrix; seen: Seen; products: Products },
): Promise<Fit> {
  const { taps, outputs, bias: biasName = '' } = conv;
  const now = { rows: outputs, columns: taps, data: Float64Array.from(weightsOf(graph, conv)) };
  const filters = transposed(now);
  const sums = await products.times(now, await products.times(gram, filters));
  const tensor = graph.constants.get(biasName);
  const had = tensor === undefined ? new Float64Array(outputs) : Float64Array.from(floatsOf(tensor, biasName));
  const bias = sumOf(had, reachOf(filters, seen.shift));
  return {
    filters,
    bias,
    mean: sumOf(bias, reachOf(filters, seen.inputMean)),
    covariance: sums.data.map((value) => value / seen.samples),
  };
}

/** A fit as weights for inputs as they are. */
export function asConv(
  graph: Graph,
  { weight, outputs, taps }: SampledConv,
  { filters, bias, mean, covariance }: Fit,
  { shift }: Seen,
): FittedConv {
  const dims = graph.constants.get(weight)?.dims ?? [outputs, taps];
  return {
    weight: float32Tensor(dims, Float32Array.from(transposed(filters).data)),
    bias: Float32Array.from(less(bias, reachOf(filters, shift))),
    mean: Float32Array.from(mean),
    covariance,
  };
}

/** A fit as weights behind readers. */
export async function asConvBehind(
  graph: Graph,
  { weight }: SampledConv,
  { filters, mean }: Fit,
  { reading, seen, products }: { reading: Reading; seen: Seen; products: Products },
): Promise<FittedConv> {
  const kernel = graph.constants.get(weight)?.dims.slice(2) ?? [];
  const behind = await filtersBehind(reading, filters, products);
  const inputMean = sumOf(seen.inputMean, seen.shift);
  const { data } = await read({ rows: inputMean.length, columns: 1, data: inputMean }, reading, products);
  const { rows, columns: outputs } = behind.filters;
  return {
    weight: float32Tensor(
      [outputs, rows / reading.layout.kernel, ...kernel],
      Float32Array.from(transposed(behind.filters).data),
    ),
    bias: Float32Array.from(less(mean, reachOf(behind.filters, data))),
    mean: Float32Array.from(mean),
    covariance: behind.sums.data.map((value) => value / seen.samples),
    readers: reading.readers,
  };
}

/** The weights that the graph has, `[outputs, taps]`. */
export function weightsOf(graph: Graph, conv: SampledConv): ArrayLike<number> {
  const tensor = graph.constants.get(conv.weight);
  if (tensor === undefined) return new Float32Array(conv.taps * conv.outputs);
  const filters = floatsOf(tensor, conv.weight);
  return isLate(conv) ? lateFilters(filters, conv) : filters;
}

/** What filters give for one input, `[outputs]`. */
export function reachOf({ rows: taps, columns: outputs, data }: Matrix, input: Float64Array): Float64Array {
  const reach = new Float64Array(outputs);
  for (let tap = 0; tap < taps; tap++) {
    for (let o = 0; o < outputs; o++) reach[o] = (reach[o] ?? 0) + (data[tap * outputs + o] ?? 0) * (input[tap] ?? 0);
  }
  return reach;
}

function sumOf(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value + (b[index] ?? 0));
}

export function less(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value - (b[index] ?? 0));
}
