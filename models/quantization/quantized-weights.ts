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
  /** The filters where they are rounded already. */
  readonly rounded?: RoundedFilters | undefined;
}

/** Filters as whole numbers. */
export interface RoundedFilters {
  /** `[O, I, H, W]`. */
  readonly levels: Int8Array;
  /** What a level of each output channel is worth, `[O]`. */
  readonly steps: Float32Array;
}

/**
 * The largest weight, in steps. Kernels for x86 without VNNI add two products of 8-bit numbers in 16 bits: 2 x 255 x 64 is the
 * most that fits, and 127 would saturate. arm64 and VNNI have no such limit, and the file has to be right on all of them.
 */
const LARGEST_WEIGHT = 64;

/** A bias stays this far inside 32 bits, so that sums of products still fit beside it. */
const LARGEST_BIAS = 2 ** 30;

/**
 * Rounds a convolution to filters of whole numbers, symmetric, a scale for each output channel, and 32-bit biases that make up for
 * what the rounding of the filters does to the output's mean.
 */
export function quantizeWeights(conv: FloatConv): QuantizedWeights {
  const { weight, bias, inputScale, inputMeans } = conv;
  const [outputs = 0, inputs = 0, ...kernel] = weight.dims;
  const taps = elementCount(kernel);
  const filters = Array.from({ length: outputs }, (_, output) =>
    weight.data.subarray(output * inputs * taps, (output + 1) * inputs * taps),
  );
  // A channel that is all but silent gets coarse steps rather than a bias beyond 32 bits.
  const least = bias.map((offset) => Math.max(Math.abs(offset) / (inputScale * LARGEST_BIAS), 1e-12));
  const isRounded = conv.rounded?.steps.every((step, output) => step >= (least[output] ?? 0)) ?? false;
  const { levels, steps } =
    conv.rounded !== undefined && isRounded ? conv.rounded : roundedEach(weight.data, filters, { taps, least });
  const wholeBias = Int32Array.from(filters, (filter, output) => {
    const [step, from] = [steps[output] ?? 1, output * inputs * taps];
    const shift = filter.reduce(
      (sum, w, i) => sum + (w - step * (levels[from + i] ?? 0)) * (inputMeans[Math.floor(i / taps)] ?? 0),
      0,
    );
    return Math.round(((bias[output] ?? 0) + shift) / (step * inputScale));
  });
  const biasScale = steps.map((step) => step * inputScale);
  return { weight: { type: 'int8', dims: weight.dims, data: levels }, weightScale: steps, bias: wholeBias, biasScale };
}

/**
 * Rounds filters so that the errors of one input channel's taps cancel: what one tap loses the next one gets. Neighbouring pixels
 * are nearly equal, so it is the sum over the taps that counts.
 *
 * @param least What each output channel's step has to be at least, `[O]`.
 */
function roundedEach(
  data: Float32Array,
  filters: readonly Float32Array[],
  { taps, least }: { taps: number; least: Float32Array },
): RoundedFilters {
  const steps = Float32Array.from(filters, (filter, output) => {
    const height = filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
    return Math.max(height / LARGEST_WEIGHT, least[output] ?? 0);
  });
  const levels = new Int8Array(data.length);
  const perOutput = data.length / filters.length;
  let owed = 0;
  for (const [index, w] of data.entries()) {
    if (index % taps === 0) owed = 0;
    const wanted = w / (steps[Math.floor(index / perOutput)] ?? 1) + owed;
    const rounded = Math.max(-LARGEST_WEIGHT, Math.min(LARGEST_WEIGHT, Math.round(wanted)));
    levels[index] = rounded;
    owed = wanted - rounded;
  }
  return { levels, steps };
}
