import { seededRandom } from '../math/random.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { type GradientPhotos, maskGradientsByPhoto } from '../steps/mask-gradients.ts';
import type { ActivationRange } from './activation-ranges.ts';

/** Places drawn of each value for each photo, at which all channels are looked at. */
const PLACES = 512;
/** What the mask doesn't mind counts this share of its channel's mean in the photo, since a gradient tells of small changes only. */
const LEAST = 0.005;
/**
 * What is cut off counts this much of what its gradient says, because the mask changes less by a large deviation than a small one lets
 * expect. On IS-Net .1, .2 and .3 left more of its masks (SSIM .996 to .997) than 1 (.995) and .03 (.994).
 */
const CLIPPED = 0.3;
/** Sizes are told apart in steps of an eighth of a power of two, from 2^-20 to 2^14. */
const SIZES = { each: 8, least: -20, count: 8 * 34 } as const;

/** What one channel, or several together, were over photos, and how much the mask minds it. */
export interface MindedSpread {
  readonly least: number;
  readonly largest: number;
  /** For each size: how much the mask minds values of that size, and the same times their size and its square; `[3, SIZES.count]`. */
  readonly sums: Float64Array;
}

/**
 * Gathers how large values inside a network become, channel by channel, and how much the mask minds it when they change there, to first
 * order. Zeros are left out: whatever the levels, one of them is 0.
 *
 * Cost: forward and backward once a photo.
 *
 * @returns By value, one a channel; none for a value that the mask doesn't depend on, nor for the photo, which fills its range evenly.
 */
export async function observeMinded(
  graph: Graph,
  values: readonly string[],
  { seed, ...given }: Omit<GradientPhotos, 'random'> & { seed: number },
): Promise<Map<string, MindedSpread[]>> {
  const random = seededRandom(seed);
  const inference = inferShapes(graph);
  const inside = values.filter((value) => value !== onlyInput(graph).name);
  const drawn = new Map(
    inside.map((value) => {
      const [, channels = 1, height = 1, width = 1] = shapeOf(inference, value);
      const pixels = height * width;
      const draw = (_: unknown, at: number): number => (pixels <= PLACES ? at : random.integer(pixels));
      return [value, { channels, pixels, places: Array.from({ length: Math.min(PLACES, pixels) }, draw) }];
    }),
  );
  const gathered = new Map<string, { least: number; largest: number; sums: Float64Array }[]>();
  await maskGradientsByPhoto(
    graph,
    inside,
    (write, value, gradient) => {
      const { channels = 1, pixels = 1, places = [] } = drawn.get(value) ?? {};
      const rows = [value, gradient].map((whole) => {
        const flat = write.op('Reshape', [whole, write.integers([1, channels, pixels])]);
        return write.op('Gather', [flat, write.integers(places)], { axis: 2 });
      });
      return write.op('Concat', rows, { axis: 0 });
    },
    { ...given, random },
    (samples) => {
      for (const [value, pairs] of samples) {
        const { channels = 1, places = [] } = drawn.get(value) ?? {};
        const spreads =
          gathered.get(value) ??
          Array.from({ length: channels }, () => ({ least: 0, largest: 0, sums: new Float64Array(3 * SIZES.count) }));
        gathered.set(value, spreads);
        for (const [channel, spread] of spreads.entries()) {
          const own = (part: number): Float32Array => {
            const from = (part * channels + channel) * places.length;
            return pairs.subarray(from, from + places.length);
          };
          const [numbers, gradients] = [own(0), own(1)];
          addSizes(spread.sums, numbers, gradients);
          spread.least = numbers.reduce((least, number) => Math.min(least, number), spread.least);
          spread.largest = numbers.reduce((largest, number) => Math.max(largest, number), spread.largest);
        }
      }
    },
  );
  return gathered;
}

function addSizes(sums: Float64Array, numbers: Float32Array, gradients: Float32Array): void {
  const least = (LEAST * gradients.reduce((sum, gradient) => sum + gradient ** 2, 0)) / gradients.length;
  for (const [index, number] of numbers.entries()) {
    if (number === 0) continue;
    const size = Math.abs(number);
    const minded = (gradients[index] ?? 0) ** 2 + least;
    const at = Math.ceil(SIZES.each * (Math.log2(size) - SIZES.least));
    const bin = Math.min(SIZES.count - 1, Math.max(0, at));
    for (let power = 0; power < 3; power++) {
      const to = power * SIZES.count + bin;
      sums[to] = (sums[to] ?? 0) + minded * size ** power;
    }
  }
}

/**
 * The range over which to spread 256 levels so that the mask minds it least: what lies beyond is cut off, what lies within is rounded, by
 * a twelfth of a step squared on average.
 *
 * That clipping is weighed against rounding is common (Banner et al. 2019, for one, by their squares alone); by those, nothing would be cut off IS-Net's values, whose
 * largest lie where the mask is sure of itself.
 *
 * @param channels Of one value, together. @returns Never beyond what was seen; always holds 0.
 */
export function mindedRange(channels: readonly MindedSpread[]): ActivationRange {
  const least = channels.reduce((all, channel) => Math.min(all, channel.least), 0);
  const largest = channels.reduce((all, channel) => Math.max(all, channel.largest), 0);
  const within = (end: number): ActivationRange => ({ low: Math.max(least, -end), high: Math.min(largest, end) });
  const sum = (power: number, bin: number): number =>
    channels.reduce((total, { sums }) => total + (sums[power * SIZES.count + bin] ?? 0), 0);
  const byPower = [0, 1, 2].map((power) => Float64Array.from({ length: SIZES.count }, (_, bin) => sum(power, bin)));
  const [counts = new Float64Array(), sizes = new Float64Array(), squares = new Float64Array()] = byPower;
  let rounded = counts.reduce((total, count) => total + count, 0);
  const beyond = { count: 0, size: 0, square: 0 };
  let best = { end: 0, error: Number.POSITIVE_INFINITY };
  for (let bin = SIZES.count - 1; bin >= 0 && rounded > 0; bin--) {
    const end = 2 ** (bin / SIZES.each + SIZES.least);
    const clipped = CLIPPED * (beyond.square - 2 * end * beyond.size + end ** 2 * beyond.count);
    const { low, high } = within(end);
    const error = clipped + (rounded * ((high - low) / 255) ** 2) / 12;
    if (error < best.error) best = { end, error };
    beyond.count += counts[bin] ?? 0;
    beyond.size += sizes[bin] ?? 0;
    beyond.square += squares[bin] ?? 0;
    rounded -= counts[bin] ?? 0;
  }
  return within(best.end);
}
