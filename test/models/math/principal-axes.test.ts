import { expect, test } from 'vitest';
import { principalAxes } from '#models/math/principal-axes.ts';

test('finds the axes that a covariance was made of, the largest variance first', () => {
  const [long, short] = [
    [0.6, 0.8],
    [-0.8, 0.6],
  ] as const;
  const covariance = Float64Array.of(
    9 * long[0] * long[0] + short[0] * short[0],
    9 * long[0] * long[1] + short[0] * short[1],
    9 * long[1] * long[0] + short[1] * short[0],
    9 * long[1] * long[1] + short[1] * short[1],
  );

  const { variances, axes } = principalAxes(covariance, 2);

  expect(variances[0]).toBeCloseTo(9, 10);
  expect(variances[1]).toBeCloseTo(1, 10);
  expect(Math.abs((axes[0] ?? 0) * long[0] + (axes[1] ?? 0) * long[1])).toBeCloseTo(1, 10);
  expect(Math.abs((axes[2] ?? 0) * short[0] + (axes[3] ?? 0) * short[1])).toBeCloseTo(1, 10);
});

test('gives no negative variance for values that depend on each other', () => {
  const { variances } = principalAxes(Float64Array.of(1, 1 + 1e-9, 1 + 1e-9, 1), 2);

  expect([...variances].every((variance) => variance >= 0)).toBe(true);
});
