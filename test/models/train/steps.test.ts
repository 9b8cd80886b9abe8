import { expect, test } from 'vitest';
import { clipInto } from '#models/train/gradient-norm.ts';
import { followInto } from '#models/train/moving-average.ts';
import { learningRateAt } from '#models/train/schedule.ts';

test('shortens gradients to the longest length allowed, together', () => {
  const gradients = [Float32Array.of(3, 0), Float32Array.of(0, 4)];

  const length = clipInto(gradients, 1);

  expect(length).toBeCloseTo(5, 5);
  expect(gradients[0]?.[0]).toBeCloseTo(0.6, 5);
  expect(gradients[1]?.[1]).toBeCloseTo(0.8, 5);
});

test('leaves shorter gradients alone', () => {
  const gradients = [Float32Array.of(3, 4)];

  clipInto(gradients, 5);

  expect(gradients[0]).toEqual(Float32Array.of(3, 4));
});

test('the rate rises in a line, then falls like half a cosine to its last share', () => {
  const schedule = { learningRate: 1, steps: 110, warmupSteps: 10, lastShare: 0.1 };

  const rates = [1, 5, 10, 60, 110].map((step) => learningRateAt(step, schedule));

  const expected = [0.1, 0.5, 1, 0.55, 0.1];
  for (const [i, rate] of rates.entries()) expect(rate).toBeCloseTo(expected[i] ?? 0, 6);
});

test('an average forgets fast at first and slowly later', () => {
  const [early, late] = [Float32Array.of(0), Float32Array.of(0)];

  followInto(early, Float32Array.of(1), { decay: 0.99, step: 10 });
  followInto(late, Float32Array.of(1), { decay: 0.99, step: 100_000 });

  expect(early[0]).toBeCloseTo(0.5, 6);
  expect(late[0]).toBeCloseTo(0.01, 6);
});
