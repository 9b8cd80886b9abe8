import { elementCount, type Tensor } from '../onnx/tensor.ts';
import { LARGEST_PACKED } from './pack-filters.ts';
import { type ReadStatistics, roundTogether } from './round-together.ts';

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
  /** For filters that are going to be packed, which know fewer levels: how the numbers they read go together. */
  readonly statistics?: ReadStatistics | undefined;
}

/**
 * The largest weight, in steps. Kernels for x86 without VNNI add two products of 8-bit numbers in 16 bits: 2 x 255 x 64 is the
 * most that fits, and 127 would saturate. arm64 and VNNI have no such limit, and the file has to be right on all of them.
 */
const LARGEST_WEIGHT = 64;

/**
 * Shares of a filter's largest weight to try as the largest that is kept, where levels are few: it pays to cut off the rare
 * large weights and to tell the others apart.
 */
const KEPT_SHARES = [1, 0.92, 0.85, 0.78, 0.72, 0.66, 0.6, 0.55, 0.5];

/** A bias stays this far inside 32 bits, so that sums of products still fit beside it. */
const LARGEST_BIAS = 2 ** 30;

/**
 * Rounds a convolution to filters of whole numbers, symmetric, a scale for each output channel, and 32-bit biases that make up for
 * what the rounding of the filters does to the output's mean.
 */
export function quantizeWeights(conv: FloatConv): QuantizedWeights {
  const { weight, bias, inputScale, inputMeans, statistics } = conv;
  const [outputs = 0, inputs = 0, ...kernel] = weight.dims;
  const taps = elementCount(kernel);
  const filters = Array.from({ length: outputs }, (_, output) =>
    weight.data.subarray(output * inputs * taps, (output + 1) * inputs * taps),
  );
  const weightScale = Float32Array.from(filters, (filter, output) => {
    // A channel that is all but silent gets coarse steps rather than a bias beyond 32 bits.
    const needed = Math.abs(bias[output] ?? 0) / (inputScale * LARGEST_BIAS);
    const step = statistics === undefined ? height(filter) / LARGEST_WEIGHT : bestStep(filter, LARGEST_PACKED);
    return Math.max(step, needed, 1e-12);
  });
  const levels =
    statistics === undefined
      ? carried(weight.data, { taps, perOutput: inputs * taps, steps: weightScale })
      : roundTogether(
          { outputs, inputs, taps, data: weight.data, steps: weightScale, largest: LARGEST_PACKED },
          statistics,
        );
  const wholeBias = Int32Array.from(filters, (filter, output) => {
    const [scale, from] = [weightScale[output] ?? 1, output * inputs * taps];
    const shift = filter.reduce(
      (sum, w, i) => sum + (w - scale * (levels[from + i] ?? 0)) * (inputMeans[Math.floor(i / taps)] ?? 0),
      0,
    );
    return Math.round(((bias[output] ?? 0) + shift) / (scale * inputScale));
  });
  const biasScale = weightScale.map((scale) => scale * inputScale);
  return { weight: { type: 'int8', dims: weight.dims, data: levels }, weightScale, bias: wholeBias, biasScale };
}

function height(filter: Float32Array): number {
  return filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
}

/** The step by which rounding changes a filter least (sum of squares), when no weight may pass `largest` steps. */
function bestStep(filter: Float32Array, largest: number): number {
  let best = { step: 0, error: Number.POSITIVE_INFINITY };
  for (const share of KEPT_SHARES) {
    const step = (share * height(filter)) / largest;
    const error = filter.reduce((sum, w) => sum + (w - step * clamped(w / step, largest)) ** 2, 0);
    if (error < best.error) best = { step, error };
  }
  return best.step;
}

function clamped(steps: number, largest: number): number {
  return Math.max(-largest, Math.min(largest, Math.round(steps)));
}

/**
 * Rounds filters so that the errors of one input channel's taps cancel: what one tap loses the next one gets. Neighbouring pixels
 * are nearly equal, so it is the sum over the taps that counts.
 */
function carried(
  data: Float32Array,
  { taps, perOutput, steps }: { taps: number; perOutput: number; steps: Float32Array },
): Int8Array {
  const levels = new Int8Array(data.length);
  let owed = 0;
  for (const [index, w] of data.entries()) {
    if (index % taps === 0) owed = 0;
    const wanted = w / (steps[Math.floor(index / perOutput)] ?? 1) + owed;
    const rounded = clamped(wanted, LARGEST_WEIGHT);
    levels[index] = rounded;
    owed = wanted - rounded;
  }
  return levels;
}
