import { factorInto, solveFactored, transposed } from '../math/cholesky.ts';
import { addDiagonalInto, addInto, meanDiagonal } from '../math/linear.ts';
import type { Matrix, Products } from '../math/products.ts';
import type { Graph } from '../onnx/graph.ts';
import { type Fit, less, reachOf, weightsOf } from './fitted-conv.ts';
import type { SampledConv } from './sampled-convs.ts';

/** float32 sums are off by about this share of their size, which must not pass for variance. */
const NOISE = 2e-6;
/** Keeps a layer that reads nothing but zeros solvable: it then keeps its weights. */
const TINY = 1e-12;

/** Numbers that wait at most before they are counted: large enough for fast products, small beside the products' sums. */
const PENDING = 24e6;
/** Columns of a product at a time, so that only the half of a symmetric one that is needed is computed. */
const STRIP = 1024;

/** What a convolution reads, less a shift, `[rows, taps]`, and what the dense network gives there, `[rows, outputs]`. */
export interface Samples {
  readonly rows: number;
  readonly inputs: Float32Array;
  readonly outputs: Float32Array;
}

/** What the fit's right-hand side is made of: sums over all samples. */
export interface Targets {
  /** `[taps, outputs]`, of each input times each output that is wanted. */
  readonly cross: Float64Array;
  /** `[outputs]`, of the outputs that are wanted. */
  readonly sum: Float64Array;
}

/** Fits one layer to any targets, pulled towards the weights it had. */
export type Solve = (targets: Targets) => Promise<Fit>;

/**
 * The least-squares problem of one convolution, growing as samples come: `[taps, taps]` products of what it reads and
 * `[taps, outputs]` products with what it should give. A class because it has a life: add, update, solve.
 */
export class NormalEquations {
  readonly #conv: SampledConv;
  readonly #products: Products;
  readonly #keepsSamples: boolean;
  readonly #learned: Samples[] = [];
  readonly #held: Samples[] = [];
  /** Only the lower triangle counts. */
  readonly #gram: Float64Array;
  readonly #cross: Float64Array;
  readonly #inputSum: Float64Array;
  readonly #outputSum: Float64Array;
  /** A guess at the inputs' means, taken off before products are summed: float32 would drown small variances in large means. */
  #shift: Float64Array | undefined;
  #samples = 0;
  #pending: { inputs: Float32Array; outputs: Float32Array }[] = [];

  /** @param keepsSamples Whether targets may change later, which takes the samples themselves: 4 bytes times taps each. */
  constructor(conv: SampledConv, products: Products, { keepsSamples = false } = {}) {
    this.#conv = conv;
    this.#products = products;
    this.#keepsSamples = keepsSamples;
    this.#gram = new Float64Array(conv.taps ** 2);
    this.#cross = new Float64Array(conv.taps * conv.outputs);
    this.#inputSum = new Float64Array(conv.taps);
    this.#outputSum = new Float64Array(conv.outputs);
  }

  /** Samples that were fitted to, as far as they were to be kept. */
  get learned(): readonly Samples[] {
    return this.#learned;
  }

  /** Samples that were held back. */
  get held(): readonly Samples[] {
    return this.#held;
  }

  /** What the dense network gives where samples were fitted to. */
  get targets(): Targets {
    return { cross: this.#cross, sum: this.#outputSum };
  }

  /** Keeps samples of one photo that fits are only measured on, after others were added. */
  hold(inputs: Float32Array, outputs: Float32Array): void {
    this.#held.push({ rows: inputs.length / this.#conv.taps, inputs, outputs });
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
    if (this.#keepsSamples) this.#learned.push({ rows, inputs: x, outputs: y });
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

  /** Ends growing: from here on only deviations from the means count. */
  finish(): void {
    if (this.#shift !== undefined) for (const { inputs } of this.#held) shiftInto(inputs, this.#shift);
    centreInto(this.#gram, this.#samples, this.inputMean, this.inputMean);
  }

  /** `[taps, taps]`, products of deviations of what the layer reads from their means, once finished; noise counts as variance. A copy. */
  gram(): Matrix {
    const { taps } = this.#conv;
    const data = this.#gram.slice();
    // Only the lower triangle was counted.
    for (let i = 0; i < taps; i++) for (let j = 0; j < i; j++) data[j * taps + i] = data[i * taps + j] ?? 0;
    addDiagonalInto(data, taps, this.#noise + TINY);
    return { rows: taps, columns: taps, data };
  }

  /** How many samples were added. */
  get samples(): number {
    return this.#samples;
  }

  /** What sums of squares may be off by. */
  get #noise(): number {
    const variance = meanDiagonal(this.#gram, this.#conv.taps);
    return NOISE * (variance + meanSquare(this.inputMean) * this.#samples);
  }

  /** What is taken off what the layer reads, `[taps]`. */
  get shift(): Float64Array {
    return this.#shift ?? new Float64Array(this.#conv.taps);
  }

  /** Mean of what the layer reads, less the shift, `[taps]`. */
  get inputMean(): Float64Array {
    return this.#inputSum.map((sum) => sum / this.#samples);
  }

  /** Readies fits that are pulled towards the weights the graph has now by `ridge` times the mean variance. */
  async solver(graph: Graph, ridge: number): Promise<Solve> {
    const { taps, outputs } = this.#conv;
    const now = weightsOf(graph, this.#conv);
    const { inputMean } = this;
    const pull = ridge * meanDiagonal(this.#gram, taps) + this.#noise + TINY;
    const factor = { rows: taps, columns: taps, data: this.#gram.slice() };
    addDiagonalInto(factor.data, taps, pull);
    await factorInto(factor, this.#products);

    return async ({ cross, sum }) => {
      const mean = sum.map((value) => value / this.#samples);
      const wanted = { rows: taps, columns: outputs, data: cross.slice() };
      centreInto(wanted.data, this.#samples, inputMean, mean);
      for (let tap = 0; tap < taps; tap++) {
        for (let o = 0; o < outputs; o++) {
          wanted.data[tap * outputs + o] = (wanted.data[tap * outputs + o] ?? 0) + pull * (now[o * taps + tap] ?? 0);
        }
      }
      const filters = await solveFactored(factor, { ...wanted, data: wanted.data.slice() }, this.#products);
      // But for the ridge Xᵀ X W = Xᵀ Y, so that Wᵀ Xᵀ Y is what the fitted outputs' products add up to.
      const products = await this.#products.times(transposed(filters), wanted);
      const covariance = products.data.map((value) => value / this.#samples);
      return { filters, bias: less(mean, reachOf(filters, inputMean)), mean, covariance };
    };
  }
}

function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
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
