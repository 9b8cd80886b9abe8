import { expect, test } from 'vitest';
import { levelMask } from '#functions/imaging/kernels/level-mask.ts';

test('what the network is nearly sure of becomes certain', () => {
  const levelled = levelMask(Float32Array.from([0, 0.19, 0.1999, 0.8001, 0.93, 1]), { low: 0.2, high: 0.8 });

  expect([...levelled]).toEqual([0, 0, 0, 1, 1, 1]);
});

test('what lies between is stretched evenly', () => {
  const levelled = levelMask(Float32Array.from([0.35, 0.5, 0.65]), { low: 0.2, high: 0.8 });

  [0.25, 0.5, 0.75].forEach((value, i) => {
    expect(levelled[i]).toBeCloseTo(value, 6);
  });
});

test("the network's own mask is left as it was", () => {
  const mask = Float32Array.from([0.3]);

  levelMask(mask, { low: 0.2, high: 0.8 });

  expect(mask[0]).toBeCloseTo(0.3);
});
