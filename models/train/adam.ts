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
  /** How large each output channel's weights were at the start (root of the mean square), which scales its steps. */
  readonly scales: Float32Array;
}

/** A channel that was almost silent still moves by this share of its tensor's own size. */
const SMALLEST_SHARE = 0.1;

/** Biases that were all zero still move. */
const SMALLEST_SCALE = 1e-3;

/** A weight at the start of training. */
export function adamWeight({ name, dims, initial }: TrainedWeight): AdamWeight {
  return {
    name,
    values: Float32Array.from(initial),
    first: new Float32Array(initial.length),
    second: new Float32Array(initial.length),
    scales: channelScales(initial, dims.length > 1 ? (dims[0] ?? 1) : 1),
  };
}

/**
 * Moves a weight by one step of Adam (Kingma and Ba 2015), the learning rate being relative: 3e-4 moves each output channel's weights
 * by about 0.03 % of their own size. Without BatchNormalization layers differ by orders of magnitude, and one
 * absolute rate either leaves some still or wrecks others.
 *
 * @param step Counts from 1.
 */
export function adamStepInto(
  weight: AdamWeight,
  gradient: Float32Array,
  { learningRate, step, ...options }: Partial<AdamOptions> & { learningRate: number; step: number },
): void {
  const { firstDecay, secondDecay, epsilon } = { ...ADAM_DEFAULTS, ...options };
  const { values, first, second, scales } = weight;
  const firstCorrection = 1 / (1 - firstDecay ** step);
  const secondCorrection = 1 / (1 - secondDecay ** step);
  const perChannel = values.length / scales.length;
  for (let channel = 0, i = 0; channel < scales.length; channel++) {
    const rate = learningRate * (scales[channel] ?? 0) * firstCorrection;
    for (const end = (channel + 1) * perChannel; i < end; i++) {
      const g = gradient[i] as number;
      const m = firstDecay * (first[i] as number) + (1 - firstDecay) * g;
      const v = secondDecay * (second[i] as number) + (1 - secondDecay) * g * g;
      first[i] = m;
      second[i] = v;
      values[i] = (values[i] as number) - (rate * m) / (Math.sqrt(v * secondCorrection) + epsilon);
    }
  }
}

function channelScales(values: Float32Array, channels: number): Float32Array {
  const perChannel = values.length / channels;
  const whole = rms(values);
  return Float32Array.from({ length: channels }, (_, channel) =>
    Math.max(
      rms(values.subarray(channel * perChannel, (channel + 1) * perChannel)),
      SMALLEST_SHARE * whole,
      SMALLEST_SCALE,
    ),
  );
}

function rms(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / Math.max(1, values.length));
}
