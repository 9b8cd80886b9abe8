import { solvePositive, transposed } from '../math/cholesky.ts';
import { addDiagonalInto, meanDiagonal } from '../math/linear.ts';
import type { Matrix, Products } from '../math/products.ts';
import type { Graph } from '../onnx/graph.ts';
import { float32Tensor, floatsOf } from '../onnx/tensor.ts';
import type { FittedConv } from './narrow.ts';
import type { SampledConv } from './sampled-convs.ts';

/** float32 sums are off by about this share of their size, which must not pass for variance. */
const NOISE = 2e-6;
/** Keeps a layer that reads nothing but zeros solvable: it then keeps its weights. */
const TINY = 1e-12;

/** Numbers that wait at most before they are counted: large enough for fast products, small beside the products' sums. */
const PENDING = 24e6;
/** Columns of a product at a time, so that only the half of a symmetric one that is needed is computed. */
const STRIP = 1024;

/**
 * The least-squares problem of one convolution, growing as samples come: `[taps, taps]` products of what it reads and
 * `[taps, outputs]` products with what it should give. A class because it has a life: add, update, solve.
 */
export class NormalEquations {
  readonly #conv: SampledConv;
  readonly #products: Products;
  /** Only the lower triangle counts. */
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

  /** Takes samples of one photo: `[positions, taps]` and `[positions, outputs]`. */
  async add(inputs: Float32Array, outputs: Float32Array): Promise<void> {
    this.#pending.push({ inputs, outputs });
    if (this.#pending.reduce((sum, sample) => sum + sample.inputs.length, 0) >= PENDING) await this.update();
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
    await this.#addGram(rows, x);
    const inputs = { rows, columns: taps, data: x };
    addInto(this.#cross, (await this.#products.transposedTimes(inputs, { rows, columns: outputs, data: y })).data);
    addColumnsInto(this.#inputSum, x);
    addColumnsInto(this.#outputSum, y);
    this.#samples += rows;
  }

  async #addGram(rows: number, x: Float32Array): Promise<void> {
    const { taps } = this.#conv;
    const starts = Array.from({ length: Math.ceil(taps / STRIP) }, (_, index) => index * STRIP);
    for (const start of starts) {
      const left = columnsOf(x, rows, taps, start);
      for (const other of starts.filter((candidate) => candidate <= start)) {
        const right = other === start ? left : columnsOf(x, rows, taps, other);
        const { data } = await this.#products.transposedTimes(left, right);
        addBlockInto(this.#gram, taps, { row: start, column: other, columns: right.columns }, data);
      }
    }
  }

  /**
   * The weights and bias that fit best, pulled towards those the graph has now by `ridge` times the mean variance.
   * Ends the equations' life: their memory is used up.
   */
  async solve(graph: Graph, ridge: number): Promise<FittedConv> {
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
    const wanted = { rows: taps, columns: outputs, data: this.#cross.slice() };
    const fitted = await solvePositive(
      { rows: taps, columns: taps, data: this.#gram },
      { rows: taps, columns: outputs, data: this.#cross },
      this.#products,
    );
    // But for the ridge Xᵀ X W = Xᵀ Y, so that Wᵀ Xᵀ Y is what the fitted outputs' products add up to.
    const products = await this.#products.times(transposed(fitted), wanted);
    const { data } = fitted;
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
    return {
      weight: float32Tensor(tensor?.dims ?? [outputs, taps], weight),
      bias,
      mean: Float32Array.from(meanY),
      covariance: products.data.map((sum) => sum / this.#samples),
    };
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

/** Some columns of a `[rows, columns]` matrix. */
function columnsOf(x: Float32Array, rows: number, columns: number, start: number): Matrix<Float32Array> {
  const width = Math.min(STRIP, columns - start);
  if (width === columns) return { rows, columns, data: x };
  const data = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    data.set(x.subarray(row * columns + start, row * columns + start + width), row * width);
  }
  return { rows, columns: width, data };
}

/** Adds a block to a square `[n, n]` matrix at a place. */
function addBlockInto(
  into: Float64Array,
  n: number,
  { row, column, columns }: { row: number; column: number; columns: number },
  block: Float32Array,
): void {
  for (let i = 0; i < block.length / columns; i++) {
    const start = (row + i) * n + column;
    for (let j = 0; j < columns; j++) into[start + j] = (into[start + j] ?? 0) + (block[i * columns + j] ?? 0);
  }
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
