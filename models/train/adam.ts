import type { TrainedWeight } from './training-graph.ts';

export interface AdamOptions {
  /** How fast the mean of the gradients forgets. @default 0.9 */
  readonly firstDecay: number;
  /** How fast the mean of their squares forgets. @default 0.999 */
  readonly secondDecay: number;
  /** Keeps the division finite; small because gradients of means over 100,000 pixels are. @default 1e-10 */
  readonly epsilon: number;
}

export const ADAM_DEFAULTS: AdamOptions = Object.freeze({ firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-10 });

/** One weight while it is trained. Its arrays are changed in place. */
export interface AdamWeight {
  readonly name: string;
  readonly values: Float32Array;
  /** Decaying mean of the gradient. */
  readonly first: Float32Array;
  /** Decaying mean of its square. */
  readonly second: Float32Array;
  /** How far a rate of 1 moves each weight. */
  readonly steps: Float32Array;
}

/** A channel that was almost silent still moves by this share of its tensor's own size. */
const SMALLEST_SHARE = 0.1;

/** Biases that were all zero still move. */
const SMALLEST_SIZE = 1e-3;

/** A weight at the start of training. @param steps By default each output channel's weights move in proportion to their own size. */
export function adamWeight({ name, dims, initial }: TrainedWeight, steps?: Float32Array): AdamWeight {
  return {
    name,
    values: Float32Array.from(initial),
    first: new Float32Array(initial.length),
    second: new Float32Array(initial.length),
    steps: steps ?? ownSizes(initial, dims.length > 1 ? (dims[0] ?? 1) : 1),
  };
}

/**
 * Moves a weight by one step of Adam (Kingma and Ba 2015), the learning rate being relative to what its `steps` say. Without
 * BatchNormalization layers differ by orders of magnitude, and one absolute rate either leaves some still or wrecks others.
 *
 * @param step Counts from 1.
 */
export function adamStepInto(
  weight: AdamWeight,
  gradient: Float32Array,
  { learningRate, step, ...options }: Partial<AdamOptions> & { learningRate: number; step: number },
): void {
  const { firstDecay, secondDecay, epsilon } = { ...ADAM_DEFAULTS, ...options };
  const { values, first, second, steps } = weight;
  const firstCorrection = 1 / (1 - firstDecay ** step);
  const secondCorrection = 1 / (1 - secondDecay ** step);
  const rate = learningRate * firstCorrection;
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i] as number;
    const m = firstDecay * (first[i] as number) + (1 - firstDecay) * g;
    const v = secondDecay * (second[i] as number) + (1 - secondDecay) * g * g;
    first[i] = m;
    second[i] = v;
    const size = rate * (steps[i] as number);
    values[i] = (values[i] as number) - (size * m) / (Math.sqrt(v * secondCorrection) + epsilon);
  }
}

/** How large each output channel's weights are (root of the mean square), for each weight. */
function ownSizes(values: Float32Array, channels: number): Float32Array {
  const perChannel = values.length / channels;
  const whole = rms(values);
  const sizes = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel++) {
    const [from, to] = [channel * perChannel, (channel + 1) * perChannel];
    sizes.fill(Math.max(rms(values.subarray(from, to)), SMALLEST_SHARE * whole, SMALLEST_SIZE), from, to);
  }
  return sizes;
}

function rms(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}
