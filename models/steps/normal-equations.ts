import { solvePositive } from '../math/cholesky.ts';
import { addDiagonalInto, meanDiagonal } from '../math/linear.ts';
import type { Products } from '../math/products.ts';
import type { Graph } from '../onnx/graph.ts';
import { float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import type { SampledConv } from './sampled-convs.ts';

/** float32 sums are off by about this share of their size, which must not pass for variance. */
const NOISE = 2e-6;
/** Keeps a layer that reads nothing but zeros solvable: it then keeps its weights. */
const TINY = 1e-12;

/**
 * The least-squares problem of one convolution, growing as samples come: `[taps, taps]` products of what it reads and
 * `[taps, outputs]` products with what it should give. A class because it has a life: add, update, solve.
 */
export class NormalEquations {
  readonly #conv: SampledConv;
  readonly #products: Products;
  readonly #gram: Float64Array;
  readonly #cross: Float64Array;
  readonly #inputSum: Float64Array;
  readonly #outputSum: Float64Array;
  /** A guess at the inputs' means, taken off before products are summed: float32 would drown small variances in large means. */
  #shift: Float64Array | undefined;
  #samples = 0;
  #pending: { inputs: Float32Array; outputs: Float32Array }[] = [];

  constructor(conv: SampledConv, products: Products) {
    this.#conv = conv;
    this.#products = products;
    this.#gram = new Float64Array(conv.taps ** 2);
    this.#cross = new Float64Array(conv.taps * conv.outputs);
    this.#inputSum = new Float64Array(conv.taps);
    this.#outputSum = new Float64Array(conv.outputs);
  }

  /** Takes samples of one photo: `[positions, taps]` and `[positions, outputs]`. Counted at the next update. */
  add(inputs: Float32Array, outputs: Float32Array): void {
    this.#pending.push({ inputs, outputs });
  }

  /** Counts the samples added since the last update. */
  async update(): Promise<void> {
    const { taps, outputs } = this.#conv;
    const x = joined(this.#pending.map((sample) => sample.inputs));
    const y = joined(this.#pending.map((sample) => sample.outputs));
    const rows = x.length / taps;
    this.#pending = [];
    if (rows === 0) return;
    this.#shift ??= columnMeans(x, taps);
    shiftInto(x, this.#shift);
    const inputs = { rows, columns: taps, data: x };
    addInto(this.#gram, (await this.#products.transposedTimes(inputs, inputs)).data);
    addInto(this.#cross, (await this.#products.transposedTimes(inputs, { rows, columns: outputs, data: y })).data);
    addColumnsInto(this.#inputSum, x);
    addColumnsInto(this.#outputSum, y);
    this.#samples += rows;
  }

  /**
   * The weights and bias that fit best, pulled towards those the graph has now by `ridge` times the mean variance.
   * Ends the equations' life: their memory is used up.
   */
  async solve(graph: Graph, ridge: number): Promise<{ weight: Tensor; bias: Float32Array }> {
    const { taps, outputs, weight: name } = this.#conv;
    const tensor = graph.constants.get(name);
    const now = tensor === undefined ? new Float32Array(taps * outputs) : floatsOf(tensor, name);
    const [meanX, meanY] = [this.#inputSum, this.#outputSum].map((sum) => sum.map((value) => value / this.#samples));
    if (meanX === undefined || meanY === undefined) throw new RangeError('Expected two means, got fewer');
    const noise = NOISE * meanDiagonal(this.#gram, taps);
    centreInto(this.#gram, this.#samples, meanX, meanX);
    centreInto(this.#cross, this.#samples, meanX, meanY);

    const pull = ridge * meanDiagonal(this.#gram, taps) + noise + TINY;
    addDiagonalInto(this.#gram, taps, pull);
    for (let tap = 0; tap < taps; tap++) {
      for (let o = 0; o < outputs; o++) {
        this.#cross[tap * outputs + o] = (this.#cross[tap * outputs + o] ?? 0) + pull * (now[o * taps + tap] ?? 0);
      }
    }
    const { data } = await solvePositive(
      { rows: taps, columns: taps, data: this.#gram },
      { rows: taps, columns: outputs, data: this.#cross },
      this.#products,
    );
    const weight = new Float32Array(taps * outputs);
    const bias = Float32Array.from(meanY);
    for (let o = 0; o < outputs; o++) {
      let reach = 0;
      for (let tap = 0; tap < taps; tap++) {
        const value = data[tap * outputs + o] ?? 0;
        weight[o * taps + tap] = value;
        reach += value * ((meanX[tap] ?? 0) + (this.#shift?.[tap] ?? 0));
      }
      bias[o] = (meanY[o] ?? 0) - reach;
    }
    return { weight: float32Tensor(tensor?.dims ?? [outputs, taps], weight), bias };
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function addInto(into: Float64Array, values: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + (values[i] ?? 0);
}

function addColumnsInto(into: Float64Array, rows: Float32Array): void {
  const columns = into.length;
  for (let start = 0; start < rows.length; start += columns) {
    for (let c = 0; c < columns; c++) into[c] = (into[c] ?? 0) + (rows[start + c] ?? 0);
  }
}

function columnMeans(rows: Float32Array, columns: number): Float64Array {
  const means = new Float64Array(columns);
  addColumnsInto(means, rows);
  return means.map((sum) => (sum * columns) / rows.length);
}

function shiftInto(rows: Float32Array, by: Float64Array): void {
  const columns = by.length;
  for (let start = 0; start < rows.length; start += columns) {
    for (let c = 0; c < columns; c++) rows[start + c] = (rows[start + c] ?? 0) - (by[c] ?? 0);
  }
}

/** Turns sums of products into sums of products of deviations from the means. */
function centreInto(sums: Float64Array, samples: number, a: Float64Array, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) {
    const mean = samples * (a[i] ?? 0);
    for (let j = 0; j < b.length; j++) sums[i * b.length + j] = (sums[i * b.length + j] ?? 0) - mean * (b[j] ?? 0);
  }
}
