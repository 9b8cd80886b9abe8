import type { Mask } from '#functions/imaging/raster.ts';

const EPSILON = 1e-12;

/**
 * Structure measure of a mask against a binary truth, 0..1 (Fan et al. 2017, alpha = 0.5): how alike foreground and
 * background look as objects, and how alike the four quarters around the truth's centre are.
 */
export function sMeasure(mask: Mask, truth: Mask): number {
  const binary = truth.data.map((value) => (value > 0.5 ? 1 : 0));
  const share = mean(binary);
  if (share === 0) return 1 - mean(mask.data);
  if (share === 1) return mean(mask.data);
  return Math.max(
    0,
    0.5 * objectScore(mask.data, binary, share) + 0.5 * regionScore({ ...mask }, { ...truth, data: binary }),
  );
}

function objectScore(mask: Float32Array, truth: Float32Array, share: number): number {
  const foreground = uniformity(mask.filter((_, i) => truth[i] === 1));
  const background = uniformity(mask.filter((_, i) => truth[i] === 0).map((value) => 1 - value));
  return share * foreground + (1 - share) * background;
}

function uniformity(values: Float32Array): number {
  const average = mean(values);
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - average) ** 2, 0) / Math.max(1, values.length - 1));
  return (2 * average) / (average ** 2 + 1 + deviation + EPSILON);
}

function regionScore(mask: Mask, truth: Mask): number {
  const { width, height } = truth;
  const [cx, cy] = centroid(truth);
  const quarters = [
    { left: 0, top: 0, right: cx, bottom: cy },
    { left: cx, top: 0, right: width, bottom: cy },
    { left: 0, top: cy, right: cx, bottom: height },
    { left: cx, top: cy, right: width, bottom: height },
  ];
  return quarters.reduce((sum, quarter) => {
    const area = (quarter.right - quarter.left) * (quarter.bottom - quarter.top);
    return area === 0 ? sum : sum + (area / (width * height)) * likeness(crop(mask, quarter), crop(truth, quarter));
  }, 0);
}

function centroid({ width, height, data }: Mask): [number, number] {
  let [x, y, count] = [0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    if (data[i] !== 1) continue;
    x += i % width;
    y += Math.floor(i / width);
    count += 1;
  }
  return [Math.min(width, Math.round(x / count) + 1), Math.min(height, Math.round(y / count) + 1)];
}

/** Structural similarity of two regions as a whole, without a window. */
function likeness(a: Float32Array, b: Float32Array): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [varianceA, varianceB, covariance] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [da, db] = [(a[i] ?? 0) - meanA, (b[i] ?? 0) - meanB];
    varianceA += da * da;
    varianceB += db * db;
    covariance += da * db;
  }
  const count = Math.max(1, a.length - 1);
  const alpha = (4 * meanA * meanB * covariance) / count;
  const beta = (meanA ** 2 + meanB ** 2) * ((varianceA + varianceB) / count);
  if (alpha !== 0) return alpha / (beta + EPSILON);
  return beta === 0 ? 1 : 0;
}

function crop({ width, data }: Mask, box: { left: number; top: number; right: number; bottom: number }): Float32Array {
  const rows: number[] = [];
  for (let y = box.top; y < box.bottom; y++) rows.push(...data.subarray(y * width + box.left, y * width + box.right));
  return Float32Array.from(rows);
}

function mean(values: Float32Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
