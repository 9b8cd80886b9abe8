import type { Mask } from '#functions/imaging/raster.ts';

const LEVELS = 256;

/** Weighs precision over recall, as all of salient object detection does (Achanta et al. 2009). */
const BETA_SQUARED = 0.3;

/** Precision and recall of one mask at each of 256 thresholds. */
export interface Curve {
  readonly precision: Float64Array;
  readonly recall: Float64Array;
}

/** Thresholds a mask at t / 255 for every t and compares with the truth's upper half. */
export function precisionRecall(mask: Mask, truth: Mask): Curve {
  const [inside, outside] = [new Float64Array(LEVELS), new Float64Array(LEVELS)];
  for (let i = 0; i < mask.data.length; i++) {
    const level = Math.min(LEVELS - 1, Math.max(0, Math.round((mask.data[i] ?? 0) * (LEVELS - 1))));
    const histogram = (truth.data[i] ?? 0) > 0.5 ? inside : outside;
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  const total = inside.reduce((a, b) => a + b, 0);
  const [precision, recall] = [new Float64Array(LEVELS), new Float64Array(LEVELS)];
  let [hits, misses] = [0, 0];
  for (let level = LEVELS - 1; level >= 0; level--) {
    hits += inside[level] ?? 0;
    misses += outside[level] ?? 0;
    precision[level] = hits + misses === 0 ? 1 : hits / (hits + misses);
    recall[level] = total === 0 ? 1 : hits / total;
  }
  return { precision, recall };
}

/** The largest F over thresholds of a set's mean precision and recall, 0..1. */
export function maxF(curves: readonly Curve[]): number {
  let best = 0;
  for (let level = 0; level < LEVELS; level++) {
    const mean = (of: (curve: Curve) => Float64Array): number =>
      curves.reduce((sum, curve) => sum + (of(curve)[level] ?? 0), 0) / curves.length;
    const [p, r] = [mean((curve) => curve.precision), mean((curve) => curve.recall)];
    if (p + r > 0) best = Math.max(best, ((1 + BETA_SQUARED) * p * r) / (BETA_SQUARED * p + r));
  }
  return best;
}
