import { describe, expect, test } from 'vitest';
import type { Mask } from '#functions/imaging/raster.ts';
import { boundaryError } from '#models/evaluate/metrics/boundary-error.ts';
import { maxF, precisionRecall } from '#models/evaluate/metrics/max-f.ts';
import { iou, mae } from '#models/evaluate/metrics/overlap.ts';
import { sMeasure } from '#models/evaluate/metrics/s-measure.ts';
import { ssim } from '#models/evaluate/metrics/ssim.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

function maskOf(width: number, height: number, valueAt: (x: number, y: number) => number): Mask {
  const data = Float32Array.from({ length: width * height }, (_, i) => valueAt(i % width, Math.floor(i / width)));
  return { width, height, data };
}

/** A disc, and a soft one beside it, far from the frame. */
const disc = maskOf(72, 60, (x, y) => (Math.hypot(x - 34, y - 29) <= 13 ? 1 : 0));
const softDisc = maskOf(72, 60, (x, y) => Math.min(1, Math.max(0, 0.5 + (12 - Math.hypot(x - 37.5, y - 30)) / 4)));

// The same two discs in numpy, through scikit-image 0.25.2 (structural_similarity, gaussian_weights, sigma 1.5,
// use_sample_covariance=False, data_range=1), PySODMetrics 1.6.2 (Smeasure(alpha=0.5).cal_sm) and SciPy 1.17
// (distance_transform_edt between outlines, which are masks without their binary_erosion). scikit-image leaves a margin of
// 5 px out of its mean, in which both masks are 0 and alike.
describe('two discs measure as the metrics of the Python world say', () => {
  test.each([
    ['SSIM', ssim, (0.7496567900894966 * 62 * 50 + 72 * 60 - 62 * 50) / (72 * 60)],
    ['S-measure', sMeasure, 0.8470712090569141],
    ['mean absolute error', mae, 0.045531971194862304],
    ['intersection over union', iou, 0.6797945205479452],
    ['boundary error', boundaryError, 2.2810972836770187],
    ['largest F', (mask: Mask, truth: Mask) => maxF([precisionRecall(mask, truth)]), 0.8561606658223267],
  ])('%s', (_name, metric, expected) => {
    expect(metric(softDisc, disc)).toBeCloseTo(expected, 4);
  });
});

test('equal masks are as good as can be', () => {
  expect([ssim, sMeasure, iou].map((metric) => metric(disc, disc))).toEqual([
    expect.closeTo(1, 6),
    expect.closeTo(1, 6),
    1,
  ]);
  expect(mae(disc, disc)).toBe(0);
  expect(boundaryError(disc, disc)).toBe(0);
  expect(maxF([precisionRecall(disc, disc)])).toBe(1);
});

test('overlap counted by hand', () => {
  const [a, b] = [drawMask('##..', '##..'), drawMask('.##.', '.#..')];

  expect(mae(a, b)).toBeCloseTo(3 / 8, 6);
  expect(iou(a, b)).toBeCloseTo(2 / 5, 6);
});

test('two empty masks overlap wholly', () => {
  const empty = drawMask('..', '..');

  expect(iou(empty, empty)).toBe(1);
  expect(boundaryError(empty, empty)).toBe(0);
});

test('precision and recall at each threshold, counted by hand', () => {
  const { precision, recall } = precisionRecall(drawMask('#5.5'), drawMask('##..'));

  expect([precision[255], recall[255]]).toEqual([1, 0.5]);
  expect([precision[127], recall[127]]).toEqual([2 / 3, 1]);
  expect([precision[0], recall[0]]).toEqual([0.5, 1]);
});

test('the largest F of a set is that of its mean precision and recall', () => {
  const perfect = precisionRecall(drawMask('##..'), drawMask('##..'));
  const half = precisionRecall(drawMask('#5.5'), drawMask('##..'));

  // At the highest threshold P = 1 and R = (1 + 1/2) / 2; at 127 P = (1 + 2/3) / 2 and R = 1.
  const f = (p: number, r: number): number => (1.3 * p * r) / (0.3 * p + r);
  expect(maxF([half])).toBeCloseTo(f(1, 0.5), 6);
  expect(maxF([perfect, half])).toBeCloseTo(Math.max(f(1, 0.75), f(5 / 6, 1)), 6);
});

test('S-measure of an empty or full truth is how empty or full the mask is', () => {
  const mask = drawMask('5..5', '....');

  expect(sMeasure(mask, drawMask('....', '....'))).toBeCloseTo(1 - 1 / 8, 6);
  expect(sMeasure(mask, drawMask('####', '####'))).toBeCloseTo(1 / 8, 6);
});

test('an edge two pixels off is two pixels off', () => {
  const edgeAt = (column: number) => maskOf(12, 6, (x) => (x < column ? 1 : 0));

  expect(boundaryError(edgeAt(4), edgeAt(6))).toBe(2);
});

test('a missing subject is as far off as the frame is long', () => {
  expect(
    boundaryError(
      maskOf(30, 40, () => 0),
      maskOf(30, 40, (x) => (x < 9 ? 1 : 0)),
    ),
  ).toBe(50);
});

test('outlines of any shape are as far apart as trying every pair of their points says', () => {
  const random = seededRandom(5);
  const blob = (): Mask => {
    const centres = Array.from({ length: 4 }, () => [5 + random() * 20, 5 + random() * 14, 2 + random() * 4] as const);
    return maskOf(31, 25, (x, y) => (centres.some(([cx, cy, r]) => Math.hypot(x - cx, y - cy) < r) ? 1 : 0));
  };
  for (let round = 0; round < 5; round++) {
    const [a, b] = [blob(), blob()];
    const [outlineA, outlineB] = [outlineOf(a), outlineOf(b)];
    const meanTo = (from: Point[], to: Point[]): number =>
      from.reduce((sum, [x, y]) => sum + Math.min(...to.map(([u, v]) => Math.hypot(x - u, y - v))), 0) / from.length;

    expect(boundaryError(a, b)).toBeCloseTo((meanTo(outlineA, outlineB) + meanTo(outlineB, outlineA)) / 2, 4);
  }
});

type Point = readonly [x: number, y: number];

function outlineOf({ width, height, data }: Mask): Point[] {
  const isIn = (x: number, y: number): boolean =>
    x < 0 || y < 0 || x >= width || y >= height || data[y * width + x] === 1;
  const points: Point[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isInner = isIn(x - 1, y) && isIn(x + 1, y) && isIn(x, y - 1) && isIn(x, y + 1);
      if (data[y * width + x] === 1 && !isInner) points.push([x, y]);
    }
  }
  return points;
}
