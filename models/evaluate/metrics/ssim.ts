import type { Mask } from '#functions/imaging/raster.ts';

const RADIUS = 5;
const SIGMA = 1.5;
const STABILITY = [0.01 ** 2, 0.03 ** 2] as const;
const kernel = gaussian();

/**
 * Structural similarity of two masks of the same size, -1..1, 1 = equal (Wang et al. 2004: Gaussian window of 11 px,
 * sigma 1.5, K1 = 0.01, K2 = 0.03, range 1). Windows that stick out of the frame are weighted anew over what is inside.
 */
export function ssim(a: Mask, b: Mask): number {
  const { width, height } = a;
  const blurred = (values: Float32Array): Float32Array => blur(values, width, height);
  const product = (x: Float32Array, y: Float32Array): Float32Array => x.map((value, i) => value * (y[i] ?? 0));
  const [meanA, meanB] = [blurred(a.data), blurred(b.data)];
  const [squareA, squareB] = [blurred(product(a.data, a.data)), blurred(product(b.data, b.data))];
  const cross = blurred(product(a.data, b.data));
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [ma, mb] = [meanA[i] ?? 0, meanB[i] ?? 0];
    const [va, vb] = [(squareA[i] ?? 0) - ma * ma, (squareB[i] ?? 0) - mb * mb];
    const covariance = (cross[i] ?? 0) - ma * mb;
    const [c1, c2] = STABILITY;
    sum += ((2 * ma * mb + c1) * (2 * covariance + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
  }
  return sum / meanA.length;
}

function gaussian(): number[] {
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/** Separable blur; rows, then columns. */
function blur(values: Float32Array, width: number, height: number): Float32Array {
  const rows = blurAlong(values, { length: width, lines: height, step: 1, lineStep: width });
  return blurAlong(rows, { length: height, lines: width, step: width, lineStep: 1 });
}

function blurAlong(
  values: Float32Array,
  { length, lines, step, lineStep }: { length: number; lines: number; step: number; lineStep: number },
): Float32Array {
  const result = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    for (let at = 0; at < length; at++) {
      const [from, to] = [Math.max(0, at - RADIUS), Math.min(length - 1, at + RADIUS)];
      let [sum, weight] = [0, 0];
      for (let i = from; i <= to; i++) {
        const w = kernel[i - at + RADIUS] ?? 0;
        sum += w * (values[start + i * step] ?? 0);
        weight += w;
      }
      result[start + at * step] = sum / weight;
    }
  }
  return result;
}
