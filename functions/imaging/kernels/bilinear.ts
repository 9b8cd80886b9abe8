import type { Mask } from '../raster.ts';

interface Taps {
  /** Index of the left (or upper) source sample for every target sample. */
  readonly index: Int32Array;
  /** Weight of the next source sample, 0..1. */
  readonly weight: Float32Array;
}

/** Where each target sample falls between two source samples, half-pixel centres, edges repeated. */
function taps(targetLength: number, sourceLength: number): Taps {
  const index = new Int32Array(targetLength);
  const weight = new Float32Array(targetLength);
  for (let i = 0; i < targetLength; i++) {
    const position = Math.min(Math.max(((i + 0.5) * sourceLength) / targetLength - 0.5, 0), sourceLength - 1);
    const left = Math.min(Math.floor(position), Math.max(sourceLength - 2, 0));
    index[i] = left;
    weight[i] = sourceLength > 1 ? position - left : 0;
  }
  return { index, weight };
}

/** Below half a level of 8-bit alpha a whole row rounds to nothing. */
const INVISIBLE = 0.5 / 255;

/**
 * Scales a mask to `[height, width]` bilinearly and rounds it to 0..255. Stretches that are all subject or all background are
 * only filled.
 *
 * @param target Uint8Array of height x width, overwritten. Cost: 2 ns a pixel at the edges.
 */
export function upscaleInto(
  target: Uint8Array,
  mask: Mask,
  { width, height }: { width: number; height: number },
): void {
  const horizontal = taps(width, mask.width);
  const vertical = taps(height, mask.height);
  const row = new Float32Array(mask.width + 1);
  for (let y = 0; y < height; y++) {
    const peak = blendRowsInto(row, mask, vertical.index[y] as number, vertical.weight[y] as number);
    const start = y * width;
    if (peak < INVISIBLE) target.fill(0, start, start + width);
    else stretchRowInto(target, start, row, horizontal);
  }
}

/** @returns The row's largest value. */
function blendRowsInto(row: Float32Array, mask: Mask, upper: number, weight: number): number {
  const { width, data } = mask;
  const from = upper * width;
  const below = upper + 1 < mask.height ? from + width : from;
  let peak = 0;
  for (let x = 0; x < width; x++) {
    const value = (data[from + x] as number) * (1 - weight) + (data[below + x] as number) * weight;
    row[x] = value;
    if (value > peak) peak = value;
  }
  row[width] = row[width - 1] as number;
  return peak;
}

/** Most of a row is as sure as its neighbours, and whole stretches of it are filled at once. */
function stretchRowInto(target: Uint8Array, start: number, row: Float32Array, { index, weight }: Taps): void {
  let x = 0;
  while (x < index.length) {
    const left = index[x] as number;
    const a = row[left] as number;
    const b = row[left + 1] as number;
    let right = left + 1;
    if (a === b) {
      while (row[right + 1] === a) right++;
      const end = right < row.length - 1 ? firstFrom(index, right, x) : index.length;
      target.fill((a * 255 + 0.5) | 0, start + x, start + end);
      x = end;
      continue;
    }
    for (; x < index.length && index[x] === left; x++) {
      target[start + x] = ((a + (b - a) * (weight[x] as number)) * 255 + 0.5) | 0;
    }
  }
}

/** @returns The first place from `start` on at which an ascending list holds `value` or more, or its length. */
function firstFrom(list: Int32Array, value: number, start: number): number {
  let [low, high] = [start, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
