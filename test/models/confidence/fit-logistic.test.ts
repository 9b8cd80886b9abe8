import { expect, test } from 'vitest';
import { fitLogistic } from '#models/confidence/fit-logistic.ts';
import { seededRandom } from '#test/support/rasters.ts';

test('finds the coefficients that drew the examples', () => {
  const random = seededRandom(3);
  const inputs = Array.from({ length: 20_000 }, () => [4 * random() - 2, 4 * random() - 2]);
  const isGood = inputs.map(([a = 0, b = 0]) => random() < 1 / (1 + Math.exp(-(0.5 + 1.5 * a - b))));

  const { bias, weights } = fitLogistic(inputs, isGood, { ridge: 0 });

  expect(Math.abs(bias - 0.5)).toBeLessThan(0.1);
  expect(Math.abs((weights[0] ?? 0) - 1.5)).toBeLessThan(0.1);
  expect(Math.abs((weights[1] ?? 0) + 1)).toBeLessThan(0.1);
});

test('says the share of good ones where the inputs say nothing', () => {
  const { bias, weights } = fitLogistic([[0], [0], [0], [0]], [true, true, true, false]);

  expect(1 / (1 + Math.exp(-bias))).toBeCloseTo(0.75, 6);
  expect(weights[0]).toBeCloseTo(0, 6);
});

test('stays finite where one input tells good from bad, and more so the stronger it is pulled to 0', () => {
  const inputs = [[-1], [-1], [1], [1]];
  const isGood = [false, false, true, true];

  const [weak, strong] = [0.1, 10].map((ridge) => fitLogistic(inputs, isGood, { ridge }).weights[0] ?? Number.NaN);

  expect(Number.isFinite(weak)).toBe(true);
  expect(weak).toBeGreaterThan(strong ?? Number.NaN);
});
