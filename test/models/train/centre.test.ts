import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { centreGradientsInto, keepMeansInto, meanOutputs } from '#models/train/centre.ts';

const [OUTPUTS, INPUTS, TAPS] = [2, 3, 4];
const random = seededRandom(3);
const drawn = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const means = drawn(INPUTS);
const inputs = Array.from({ length: 20 }, () => drawn(INPUTS * TAPS));

/** Half the square of what a layer makes, over all inputs. */
function loss(filters: Float32Array, biases: Float32Array): number {
  return outputsOf(filters, biases).reduce((sum, y) => sum + y * y, 0) / 2;
}

function outputsOf(filters: Float32Array, biases: Float32Array): number[] {
  return inputs.flatMap((x) =>
    Array.from(biases, (bias, o) => x.reduce((sum, value, i) => sum + value * (filters[o * x.length + i] ?? 0), bias)),
  );
}

test('the gradients are those of filters that read inputs without their means', () => {
  const [filters, biases] = [drawn(OUTPUTS * INPUTS * TAPS), drawn(OUTPUTS)];
  const ys = outputsOf(filters, biases);
  const gradients = {
    filters: filters.map((_, i) => {
      const [o, tap] = [Math.floor(i / (INPUTS * TAPS)), i % (INPUTS * TAPS)];
      return inputs.reduce((sum, x, n) => sum + (ys[n * OUTPUTS + o] ?? 0) * (x[tap] ?? 0), 0);
    }),
    biases: biases.map((_, o) => inputs.reduce((sum, _x, n) => sum + (ys[n * OUTPUTS + o] ?? 0), 0)),
    means,
  };

  centreGradientsInto(gradients);

  // A filter that grows while its bias falls by as much as the filter's mean input gives.
  const small = 1e-2;
  for (const [i, found] of gradients.filters.entries()) {
    const [o, input] = [Math.floor(i / (INPUTS * TAPS)), Math.floor((i % (INPUTS * TAPS)) / TAPS)];
    const moved = (by: number): number =>
      loss(
        filters.map((value, at) => (at === i ? value + by : value)),
        biases.map((value, at) => (at === o ? value - by * (means[input] ?? 0) : value)),
      );
    expect(found).toBeCloseTo((moved(small) - moved(-small)) / (2 * small), 1);
  }
});

test('biases make up for filters that moved, so that mean inputs give what they gave', () => {
  const layer = { filters: drawn(OUTPUTS * INPUTS * TAPS), biases: drawn(OUTPUTS), means };
  const before = meanOutputs(layer);
  const given = before.map((output, o) => output + (layer.biases[o] ?? 0));
  for (const i of layer.filters.keys()) layer.filters[i] = (layer.filters[i] ?? 0) + random.normal();

  keepMeansInto(layer, before, meanOutputs(layer));

  const gives = meanOutputs(layer).map((output, o) => output + (layer.biases[o] ?? 0));
  for (const [o, output] of gives.entries()) expect(output).toBeCloseTo(given[o] ?? 0, 4);
});
