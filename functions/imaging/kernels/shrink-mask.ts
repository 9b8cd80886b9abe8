import type { Mask } from '../raster.ts';

/** Shrinks a mask to at most `longest` px a side by averaging what each new pixel covers; a smaller one stays as it is. */
export function shrinkMask(mask: Mask, longest: number): Mask {
  const width = Math.min(mask.width, longest);
  const height = Math.min(mask.height, longest);
  if (width === mask.width && height === mask.height) return mask;
  const columns = coverage(mask.width, width);
  const rows = coverage(mask.height, height);
  const data = new Float32Array(width * height);
  const line = new Float64Array(mask.width);
  for (const [y, row] of rows.entries()) {
    line.fill(0);
    for (const { index, weight } of row) {
      for (let x = 0, i = index * mask.width; x < mask.width; x++, i++) {
        line[x] = (line[x] as number) + weight * (mask.data[i] as number);
      }
    }
    for (const [x, column] of columns.entries()) {
      let sum = 0;
      for (const { index, weight } of column) sum += weight * (line[index] as number);
      data[y * width + x] = sum;
    }
  }
  return { width, height, data };
}

interface Covered {
  readonly index: number;
  /** Those of one new pixel add up to 1. */
  readonly weight: number;
}

/** The old pixels each new one covers along one axis. */
function coverage(length: number, target: number): Covered[][] {
  const step = length / target;
  return Array.from({ length: target }, (_, i) => {
    const [from, to] = [i * step, (i + 1) * step];
    const covered: Covered[] = [];
    for (let index = Math.floor(from); index < Math.min(Math.ceil(to), length); index++) {
      covered.push({ index, weight: (Math.min(to, index + 1) - Math.max(from, index)) / step });
    }
    return covered;
  });
}
