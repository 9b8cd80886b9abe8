import { factorInto, solveFactored, transposed } from '../math/cholesky.ts';
import { addDiagonalInto, factorLowerInto, inverseOfLower, meanDiagonal } from '../math/linear.ts';
import { principalAxes } from '../math/principal-axes.ts';
import type { Matrix, Products } from '../math/products.ts';
import type { SampledConv } from './sampled-convs.ts';

/** What a layer reads: rows of its taps are its sources' channels, one after the other, each with its taps. */
export interface TapLayout {
  /** Of each source. */
  readonly channels: readonly number[];
  /** Taps of each channel. */
  readonly kernel: number;
}

/** Axes that a layer reads one of its sources along. */
export interface SourceAxes {
  /** What reading along them is worth, the most first, `[channels]`. */
  readonly values: Float64Array;
  /** `[channels, channels]`: row k gives places along axis k, the squares of which add up to 1 over the samples. */
  readonly axes: Matrix;
}

/** 1 x 1 convolutions that a layer reads its sources through, `[axes, channels]`; undefined where one is read as it is. */
export type Readers = readonly (Matrix | undefined)[];

/** A layer's least-squares problem behind readers. */
export interface Reading {
  readonly layout: TapLayout;
  readonly readers: Readers;
  /** `[taps behind the readers, taps]`: sums of products of what the readers give and what the layer read before. */
  readonly cross: Matrix;
  /** L, where L Lᵀ are the sums of products of what the readers give. */
  readonly factor: Matrix;
}

/** Share of the mean variance that each channel counts as having beside its own, so that silent ones can be divided by. */
const LEAST = 1e-3;
/** Shares of the mean variance that are tried as noise where none is not enough. */
const NOISE = { least: 1e-5, step: 10, most: 1e-2 } as const;

/** How the taps of a layer lie. */
export function tapLayout({ sources, taps }: Pick<SampledConv, 'sources' | 'taps'>): TapLayout {
  const channels = sources.map((source) => source.channels);
  return { channels, kernel: taps / channels.reduce((sum, count) => sum + count, 0) };
}

/**
 * The axes that keep most of what a layer gives of each of its sources, each tap taken for itself: eigenvectors of `Lᵀ B L`, where
 * `L Lᵀ` is the covariance of the source's channels and B the sum over taps of the products of their filters.
 *
 * @param gram `[taps, taps]`, sums of products of what the layer reads. @param filters `[taps, outputs]`. @param worth What a deviation of each output counts.
 */
export async function sourceAxes(
  layout: TapLayout,
  { gram, filters, worth }: { gram: Matrix; filters: Matrix; worth: Float64Array },
  products: Products,
): Promise<SourceAxes[]> {
  const counted = { ...filters, data: filters.data.map((value, at) => value * (worth[at % filters.columns] ?? 1)) };
  const found: SourceAxes[] = [];
  let before = 0;
  for (const own of bySource(counted, layout)) {
    const { rows: channels } = own;
    const square = (data: Float64Array): Matrix => ({ rows: channels, columns: channels, data });
    const covariance = channelSums(gram, { before, channels, kernel: layout.kernel });
    addDiagonalInto(covariance, channels, LEAST * meanDiagonal(covariance, channels) + Number.MIN_VALUE);
    const lower = factorLowerInto(covariance, channels);
    const seen = await products.times(transposed(square(lower)), own);
    const { variances, axes } = principalAxes((await products.timesTransposed(seen, seen)).data, channels);
    found.push({
      values: variances,
      axes: await products.times(square(axes), square(inverseOfLower(lower, channels))),
    });
    before += channels;
  }
  return found;
}

/** Readers along the first axes of each source, as many as are told; where none are told, it is read as it is. */
export function firstAxes(found: readonly SourceAxes[], counts: readonly (number | undefined)[]): Readers {
  return found.map(({ axes }, index) => {
    const rows = counts[index];
    return rows === undefined ? undefined : { ...axes, rows, data: axes.data.slice(0, rows * axes.columns) };
  });
}

/**
 * Readies fits of a layer behind readers. What it reads counts as having some noise, as little as it takes for the problem to have one
 * solution: axes may hardly vary, and sums in float32 are not exact.
 *
 * @param gram `[taps, taps]`, sums of products of what it reads.
 */
export async function readAlong(
  readers: Readers,
  layout: TapLayout,
  gram: Matrix,
  products: Products,
): Promise<Reading> {
  for (let share = 0; ; share = Math.max(NOISE.least, share * NOISE.step)) {
    const cross = await read(share === 0 ? gram : noisy(gram, share), { readers, layout }, products);
    const factor = await read(transposed(cross), { readers, layout }, products);
    try {
      await factorInto(factor, products);
      return { layout, readers, cross, factor };
    } catch (error) {
      if (!(error instanceof RangeError) || share >= NOISE.most) throw error;
    }
  }
}

function noisy(gram: Matrix, share: number): Matrix {
  const data = gram.data.slice();
  addDiagonalInto(data, gram.rows, share * meanDiagonal(data, gram.rows));
  return { ...gram, data };
}

/**
 * What comes nearest behind the readers to what filters give.
 *
 * @param filters `[taps, outputs]`. @returns Filters `[taps behind the readers, outputs]`, and `[outputs, outputs]` sums of products of what they give.
 */
export async function filtersBehind(
  { cross, factor }: Reading,
  filters: Matrix,
  products: Products,
): Promise<{ filters: Matrix; sums: Matrix }> {
  const wanted = await products.times(cross, filters);
  const behind = await solveFactored(factor, { ...wanted, data: wanted.data.slice() }, products);
  return { filters: behind, sums: await products.times(transposed(behind), wanted) };
}

/** Filters behind readers as ones `[taps, outputs]` for what the layer read before. */
export async function filtersBefore({ readers, layout }: Reading, behind: Matrix, products: Products): Promise<Matrix> {
  const channels = layout.channels.map((count, index) => readers[index]?.rows ?? count);
  const parts: Matrix[] = [];
  for (const [index, own] of bySource(behind, { ...layout, channels }).entries()) {
    const reader = readers[index];
    parts.push(reader === undefined ? own : await products.times(transposed(reader), own));
  }
  return stacked(parts, behind.columns);
}

/** `[taps, columns]` to `[taps behind the readers, columns]`. */
export async function read(
  matrix: Matrix,
  { readers, layout }: Pick<Reading, 'readers' | 'layout'>,
  products: Products,
): Promise<Matrix> {
  const parts: Matrix[] = [];
  for (const [index, own] of bySource(matrix, layout).entries()) {
    const reader = readers[index];
    parts.push(reader === undefined ? own : await products.times(reader, own));
  }
  return stacked(parts, matrix.columns);
}

/** Each source's rows of `[taps, columns]`, as `[channels, taps of a channel times columns]`. Not copies. */
function bySource({ columns, data }: Matrix, { channels, kernel }: TapLayout): Matrix[] {
  let at = 0;
  return channels.map((rows) => {
    const start = at * kernel * columns;
    at += rows;
    return { rows, columns: kernel * columns, data: data.subarray(start, at * kernel * columns) };
  });
}

function stacked(parts: readonly Matrix[], columns: number): Matrix {
  const data = new Float64Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { rows: data.length / columns, columns, data };
}

/** Sums of products `[channels, channels]` of a source's channels, the mean over the taps. */
function channelSums(
  { data, columns: taps }: Matrix,
  { before, channels, kernel }: { before: number; channels: number; kernel: number },
): Float64Array {
  const sums = new Float64Array(channels ** 2);
  for (let a = 0; a < channels; a++) {
    for (let b = 0; b < channels; b++) {
      let sum = 0;
      for (let tap = 0; tap < kernel; tap++) {
        sum += data[((before + a) * kernel + tap) * taps + (before + b) * kernel + tap] ?? 0;
      }
      sums[a * channels + b] = sum / kernel;
    }
  }
  return sums;
}
