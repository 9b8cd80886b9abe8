import { expect, test } from 'vitest';
import { adamStepInto, adamWeight } from '#models/train/adam.ts';

function weightOf(values: number[], dims: number[]) {
  return adamWeight({ name: 'w', gradient: 'g', dims, initial: Float32Array.from(values) });
}

test("follows the published update rule, its rate scaled by the weights' size", () => {
  const weight = weightOf([2, -2], [1, 2]);
  const gradients = [
    [0.5, -0.1],
    [0.3, 0.2],
    [-0.4, 0],
  ];

  for (const [index, gradient] of gradients.entries()) {
    adamStepInto(weight, Float32Array.from(gradient), { learningRate: 0.01, step: index + 1 });
  }

  const expected = [0, 1].map((i) => {
    let [w, m, v] = [[2, -2][i] ?? 0, 0, 0];
    for (const [index, gradient] of gradients.entries()) {
      const g = gradient[i] ?? 0;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.01 * 2 * (m / (1 - 0.9 ** (index + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (index + 1))) + 1e-10);
    }
    return w;
  });
  expect(weight.values[0]).toBeCloseTo(expected[0] ?? 0, 5);
  expect(weight.values[1]).toBeCloseTo(expected[1] ?? 0, 5);
});

test('moves each output channel in proportion to its own weights', () => {
  const weight = weightOf([10, 10, 1, -1], [2, 2]);

  adamStepInto(weight, Float32Array.of(5, 5, 0.01, 0.01), { learningRate: 0.1, step: 1 });

  const expected = [9, 9, 0.9, -1.1];
  for (const [i, value] of expected.entries()) expect(weight.values[i]).toBeCloseTo(value, 5);
});

test('moves a channel that was silent by a tenth of its tensor, and biases that were zero at all', () => {
  const filters = weightOf([1, 1, 0, 0], [2, 2]);
  const biases = weightOf([0, 0], [2]);

  adamStepInto(filters, Float32Array.of(1, 1, 1, 1), { learningRate: 0.1, step: 1 });
  adamStepInto(biases, Float32Array.of(1, 1), { learningRate: 0.1, step: 1 });

  expect(filters.values[2]).toBeCloseTo(-0.1 * 0.1 * Math.SQRT1_2, 5);
  expect(biases.values[0]).toBeLessThan(0);
});
