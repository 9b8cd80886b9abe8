import { addDiagonalInto, factorLowerInto, inverseOfLower, meanDiagonal } from '../math/linear.ts';

/** How the numbers that a filter bank reads go together. */
export interface ReadStatistics {
  /** Covariance of the input channels at one pixel, `[I, I]`. */
  readonly covariance: Float64Array;
  /** Correlation of one channel at the places of each two taps, `[T, T]`. */
  readonly taps: Float64Array;
}

/** Filters `[O, I, T]` and what a step of each output channel's is worth. */
export interface FilterBank {
  readonly outputs: number;
  readonly inputs: number;
  readonly taps: number;
  readonly data: Float32Array;
  readonly steps: Float32Array;
  /** No weight is rounded to more steps than this. */
  readonly largest: number;
}

/** Added to the covariances, as a share of their mean: few photos do not tell channels apart that well. */
const RIDGE = 0.01;

/**
 * Rounds the weights of a filter bank one after another, the channels that vary most first, and lets those that still have
 * their fractions make up for what was lost, as far as they see the same (GPTQ, Frantar et al. 2023). The covariance of all weights' inputs
 * is taken as that of channels times that of taps (Kronecker), so that a bank of 512 x 512 filters takes seconds.
 *
 * @returns Whole numbers `[O, I, T]`.
 */
export function roundTogether(
  { outputs, inputs, taps, data, steps, largest }: FilterBank,
  statistics: ReadStatistics,
): Int8Array {
  const order = Array.from({ length: inputs }, (_, channel) => channel).sort(
    (a, b) => varianceOf(statistics, inputs, b) - varianceOf(statistics, inputs, a),
  );
  const across = inverseFactor(reordered(statistics.covariance, order), inputs);
  const along = inverseFactor(statistics.taps, taps);
  const rounded = new Int8Array(data.length);
  const width = outputs * taps;
  const left = byChannel(data, { outputs, inputs, taps, order });
  const spread = new Float32Array(width);
  for (const [at, channel] of order.entries()) {
    const weights = left.subarray(at * width, (at + 1) * width);
    const own = across[at * inputs + at] ?? 1;
    for (let output = 0; output < outputs; output++) {
      const step = steps[output] ?? 1;
      const from = output * taps;
      spread.fill(0, from, from + taps);
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[from + tap] ?? 0;
        const level = Math.max(-largest, Math.min(largest, Math.round(weight / step)));
        rounded[(output * inputs + channel) * taps + tap] = level;
        const lost = (weight - level * step) / (own * (along[tap * taps + tap] ?? 1));
        for (let other = tap; other < taps; other++) {
          const share = lost * (along[tap * taps + other] ?? 0);
          spread[from + other] = (spread[from + other] ?? 0) + share;
          if (other > tap) weights[from + other] = (weights[from + other] ?? 0) - own * share;
        }
      }
    }
    for (let later = at + 1; later < inputs; later++) {
      const factor = across[at * inputs + later] ?? 0;
      const target = left.subarray(later * width, (later + 1) * width);
      for (let i = 0; i < width; i++) target[i] = (target[i] as number) - factor * (spread[i] as number);
    }
  }
  return rounded;
}

function varianceOf({ covariance }: ReadStatistics, inputs: number, channel: number): number {
  return covariance[channel * inputs + channel] ?? 0;
}

function reordered(matrix: Float64Array, order: readonly number[]): Float64Array {
  const n = order.length;
  return Float64Array.from({ length: n * n }, (_, i) => {
    const [row, column] = [order[Math.floor(i / n)] ?? 0, order[i % n] ?? 0];
    return matrix[row * n + column] ?? 0;
  });
}

/** Filters `[O, I, T]` as `[I, O, T]`, channels in the given order. */
function byChannel(
  data: Float32Array,
  { outputs, inputs, taps, order }: Pick<FilterBank, 'outputs' | 'inputs' | 'taps'> & { order: readonly number[] },
): Float32Array {
  const turned = new Float32Array(data.length);
  for (const [at, channel] of order.entries()) {
    for (let output = 0; output < outputs; output++) {
      const from = (output * inputs + channel) * taps;
      turned.set(data.subarray(from, from + taps), (at * outputs + output) * taps);
    }
  }
  return turned;
}

/** The upper triangle U, where `UᵀU` is the inverse of a covariance matrix with a ridge. Cost: n³. */
function inverseFactor(covariance: Float64Array, n: number): Float64Array {
  const ridged = covariance.slice();
  addDiagonalInto(ridged, n, Math.max(RIDGE * meanDiagonal(covariance, n), 1e-12));
  // With the order of rows and columns turned round, A = L Lᵀ is A = R Rᵀ with an upper R, and U is R's inverse.
  return inverseOfLower(factorLowerInto(ridged.reverse(), n), n).reverse();
}
