import { elementCount, type Tensor } from '../onnx/tensor.ts';

/** A convolution's filters and biases as whole numbers, each output channel with a scale of its own. */
export interface QuantizedWeights {
  readonly weight: Extract<Tensor, { type: 'int8' }>;
  /** What a step of each channel's filter is worth, `[O]`. */
  readonly weightScale: Float32Array;
  readonly bias: Int32Array;
  /** What a step of each bias is worth: the input's step times the filter's, so that sums need no conversion. */
  readonly biasScale: Float32Array;
}

/** A convolution to round. */
export interface FloatConv {
  /** `[O, I, H, W]`. */
  readonly weight: Extract<Tensor, { type: 'float32' }>;
  /** `[O]`. */
  readonly bias: Float32Array;
  /** What a step of the convolution's input is worth. */
  readonly inputScale: number;
  /** Each input channel's mean over the calibration photos, `[I]`. */
  readonly inputMeans: Float32Array;
  /** Seven bits where nothing is said. */
  readonly bits?: FilterBits;
}

/** How finely filters are rounded: to -64..64 or to -15..15. */
export type FilterBits = 7 | 5;

/**
 * The largest weight, in steps. Kernels for x86 without VNNI add two products of 8-bit numbers in 16 bits: 2 x 255 x 64 is the
 * most that fits, and 127 would saturate. arm64 and VNNI have no such limit, and the file has to be right on all of them.
 */
const LARGEST_WEIGHT: Readonly<Record<FilterBits, number>> = { 7: 64, 5: 15 };

/**
 * Shares of a filter's largest weight to try as the largest that is kept. With few levels it pays to cut off the rare large
 * weights and to tell the others apart.
 */
const KEPT_SHARES: Readonly<Record<FilterBits, readonly number[]>> = {
  7: [1],
  5: [1, 0.92, 0.85, 0.78, 0.72, 0.66, 0.6, 0.55, 0.5],
};

/** A bias stays this far inside 32 bits, so that sums of products still fit beside it. */
const LARGEST_BIAS = 2 ** 30;

/**
 * Rounds a convolution to filters of few bits, symmetric, a scale for each output channel, and 32-bit biases that make up for what
 * the rounding of the filters does to the output's mean.
 */
export function quantizeWeights({
  weight: { dims, data },
  bias,
  inputScale,
  inputMeans,
  bits = 7,
}: FloatConv): QuantizedWeights {
  const outputs = dims[0] ?? 0;
  const [perOutput, taps] = [elementCount(dims.slice(1)), elementCount(dims.slice(2))];
  const weight = new Int8Array(data.length);
  const [weightScale, biasScale] = [new Float32Array(outputs), new Float32Array(outputs)];
  const wholeBias = new Int32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    const [from, offset] = [output * perOutput, bias[output] ?? 0];
    const filter = data.subarray(from, from + perOutput);
    const whole = weight.subarray(from, from + perOutput);
    // A channel that is all but silent gets coarse steps rather than a bias beyond 32 bits.
    const needed = Math.abs(offset) / (inputScale * LARGEST_BIAS);
    const scale = roundBest(whole, filter, { least: Math.max(needed, 1e-12), taps, bits });
    weightScale[output] = scale;
    biasScale[output] = scale * inputScale;
    const shift = filter.reduce(
      (sum, w, i) => sum + (w - scale * (whole[i] ?? 0)) * (inputMeans[Math.floor(i / taps)] ?? 0),
      0,
    );
    wholeBias[output] = Math.round((offset + shift) / (biasScale[output] ?? 1));
  }
  return { weight: { type: 'int8', dims, data: weight }, weightScale, bias: wholeBias, biasScale };
}

interface Rounding {
  readonly taps: number;
  readonly bits: FilterBits;
}

/** Rounds a filter by the step that changes it least. @returns That step. */
function roundBest(
  target: Int8Array,
  filter: Float32Array,
  { least, taps, bits }: Rounding & { readonly least: number },
): number {
  const largest = filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  const steps = KEPT_SHARES[bits].map((share) =>
    Math.fround(Math.max((share * largest) / LARGEST_WEIGHT[bits], least)),
  );
  let best = { step: steps[0] ?? least, error: Number.POSITIVE_INFINITY };
  if (steps.length > 1) {
    for (const step of steps) {
      const error = roundInto(target, filter, { step, taps, bits });
      if (error < best.error) best = { step, error };
    }
  }
  roundInto(target, filter, { step: best.step, taps, bits });
  return best.step;
}

/**
 * Rounds a filter so that the errors of one input channel's taps cancel: what one tap loses the next one gets. Neighbouring pixels
 * are nearly equal, so it is the sum over the taps that counts.
 *
 * @returns The sum of squared errors of the weights.
 */
function roundInto(
  target: Int8Array,
  filter: Float32Array,
  { step, taps, bits }: Rounding & { readonly step: number },
): number {
  const limit = LARGEST_WEIGHT[bits];
  let [owed, error] = [0, 0];
  for (const [index, w] of filter.entries()) {
    if (index % taps === 0) owed = 0;
    const wanted = w / step + owed;
    const rounded = Math.max(-limit, Math.min(limit, Math.round(wanted)));
    target[index] = rounded;
    owed = wanted - rounded;
    error += (w - step * rounded) ** 2;
  }
  return error;
}
