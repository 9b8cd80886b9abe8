import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { type FloatConv, quantizeWeights } from '#models/quantization/quantized-weights.ts';

function conv(dims: [number, number, number, number], { seed = 1, bias = 0 } = {}): FloatConv {
  const random = seededRandom(seed);
  const weight = float32Tensor(
    dims,
    Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal()),
  );
  return {
    weight,
    bias: new Float32Array(dims[0]).fill(bias),
    inputScale: 0.02,
    inputMeans: new Float32Array(dims[1]),
  };
}

test('the taps of one input channel together are off by half a step at most', () => {
  const given = conv([4, 8, 3, 3]);

  const { weight, weightScale } = quantizeWeights(given);

  for (let from = 0; from < weight.data.length; from += 9) {
    const scale = weightScale[Math.floor(from / 72)] ?? 0;
    const sum = (data: ArrayLike<number>): number =>
      Array.from({ length: 9 }, (_, tap) => data[from + tap] ?? 0).reduce((a, b) => a + b);
    // A tap that already is the largest one may not take up what it is owed.
    expect(Math.abs(sum(weight.data) - sum(given.weight.data) / scale)).toBeLessThan(1.01);
  }
});

test('the mean of the output stays what it was', () => {
  const given = { ...conv([1, 16, 1, 1]), inputMeans: new Float32Array(16).fill(3) };

  const { weight, weightScale, bias, biasScale } = quantizeWeights(given);

  const before = given.weight.data.reduce((sum, w) => sum + 3 * w, 0);
  const after =
    weight.data.reduce((sum, w) => sum + 3 * w * (weightScale[0] ?? 0), 0) + (bias[0] ?? 0) * (biasScale[0] ?? 0);
  expect(after).toBeCloseTo(before, 2);
});

test('a channel that is all but silent keeps a bias that fits 32 bits', () => {
  const silent = conv([1, 1, 1, 1], { bias: 5 });
  const given = { ...silent, weight: float32Tensor([1, 1, 1, 1], Float32Array.of(1e-14)) };

  const { bias, biasScale } = quantizeWeights(given);

  expect((bias[0] ?? 0) * (biasScale[0] ?? 0)).toBeCloseTo(5, 4);
});

test('filters that are rounded already keep their levels, unless their steps would take the bias beyond 32 bits', () => {
  const given = conv([2, 4, 3, 3]);
  const rounded = { levels: new Int8Array(72).fill(3), steps: Float32Array.of(0.1, 0.2) };
  const tiny = { ...rounded, steps: Float32Array.of(1e-14, 1e-14) };

  expect(quantizeWeights({ ...given, rounded }).weight.data).toEqual(rounded.levels);
  expect(quantizeWeights({ ...given, rounded }).weightScale).toEqual(rounded.steps);
  const unlike = quantizeWeights({ ...given, bias: Float32Array.of(5, 5), rounded: tiny });
  expect(unlike.weight.data).not.toEqual(rounded.levels);
  expect((unlike.bias[0] ?? 0) * (unlike.biasScale[0] ?? 0)).toBeCloseTo(5, 3);
});
