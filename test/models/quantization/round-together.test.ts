import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { type FilterBank, roundTogether } from '#models/quantization/round-together.ts';

const [OUTPUTS, INPUTS, TAPS, STEP] = [6, 24, 9, 0.25];

function bank(seed: number, largest = 19): FilterBank {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: OUTPUTS * INPUTS * TAPS }, () => random.normal());
  return { outputs: OUTPUTS, inputs: INPUTS, taps: TAPS, data, steps: new Float32Array(OUTPUTS).fill(STEP), largest };
}

const identity = (n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) === i % n ? 1 : 0));

test('where nothing goes together every weight is rounded for itself', () => {
  const filters = bank(1);

  const rounded = roundTogether(filters, { covariance: identity(INPUTS), taps: identity(TAPS) });

  expect([...rounded]).toEqual([...filters.data].map((weight) => Math.round(weight / STEP) + 0));
});

test('no weight passes the largest level, however much it has to make up for', () => {
  const rounded = roundTogether(bank(2, 3), fewSources(3));

  expect(Math.max(...rounded.map(Math.abs))).toBe(3);
});

test.each([4, 5, 6])('channels that few sources feed make up for each other, seed %i', (seed) => {
  const filters = bank(seed);
  const statistics = fewSources(seed);

  const rounded = roundTogether(filters, statistics);

  const plain = filters.data.map((weight) => Math.round(weight / STEP));
  expect(outputError(filters, rounded, statistics)).toBeLessThan(0.3 * outputError(filters, plain, statistics));
});

/** Channels that are mixtures of six sources and a little noise; taps that see nearly the same. */
function fewSources(seed: number) {
  const random = seededRandom(seed);
  const mixing = Array.from({ length: INPUTS }, () => Array.from({ length: 6 }, () => random.normal()));
  const covariance = new Float64Array(INPUTS ** 2);
  for (const [i, a] of mixing.entries()) {
    for (const [j, b] of mixing.entries()) {
      covariance[i * INPUTS + j] = a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), i === j ? 0.05 : 0);
    }
  }
  const taps = Float64Array.from(
    { length: TAPS ** 2 },
    (_, i) =>
      0.7 **
      (Math.abs((Math.floor(i / TAPS) % 3) - ((i % TAPS) % 3)) +
        Math.abs(Math.floor(i / TAPS / 3) - Math.floor((i % TAPS) / 3))),
  );
  return { covariance, taps };
}

/** What rounding does to the outputs: `eᵀ (covariance x taps) e`, summed over the outputs. */
function outputError(
  { data }: FilterBank,
  rounded: ArrayLike<number>,
  { covariance, taps }: { covariance: Float64Array; taps: Float64Array },
): number {
  let sum = 0;
  for (let output = 0; output < OUTPUTS; output++) {
    const off = (channel: number, tap: number): number => {
      const i = (output * INPUTS + channel) * TAPS + tap;
      return (data[i] ?? 0) - STEP * (rounded[i] ?? 0);
    };
    for (let a = 0; a < INPUTS; a++) {
      for (let b = 0; b < INPUTS; b++) {
        for (let s = 0; s < TAPS; s++) {
          for (let t = 0; t < TAPS; t++) {
            sum += off(a, s) * off(b, t) * (covariance[a * INPUTS + b] ?? 0) * (taps[s * TAPS + t] ?? 0);
          }
        }
      }
    }
  }
  return sum;
}
