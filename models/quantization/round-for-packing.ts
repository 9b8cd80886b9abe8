import { groupChannels } from '../channels/channel-groups.ts';
import { type Graph, requiredInput } from '../onnx/graph.ts';
import { elementCount, type Tensor } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { centred } from '../steps/moments.ts';
import { observe } from '../steps/observe.ts';
import { isPackable, LARGEST_PACKED } from './pack-filters.ts';
import type { RoundedFilters } from './quantized-weights.ts';
import { roundTogether } from './round-together.ts';

/** Filter banks rounded to so few levels that they can be packed, by the name of their constant. */
export type Packing = ReadonlyMap<string, RoundedFilters>;

/** More photos than these tell no more of how channels go together: every one gives thousands of pixels. */
const PHOTOS = 10;

/**
 * How alike a channel is at neighbouring taps, left and right or up and down. A guess for all layers: measured on IS-Net, .3, .6 and
 * .85 gave masks as good as each other, and 0 far worse ones.
 */
const NEIGHBOURS_ALIKE = 0.6;

/**
 * Shares of a filter's largest weight to try as the largest that is kept. With few levels it pays to cut off the rare large
 * weights and to tell the others apart.
 */
const KEPT_SHARES = [1, 0.92, 0.85, 0.78, 0.72, 0.66, 0.6, 0.55, 0.5];

/**
 * Rounds the filter banks with at least so many weights to few levels, by what they read on photos. Cost: a run a photo, and
 * half a minute for IS-Net's 44 million weights.
 */
export async function roundForPacking(
  graph: Graph,
  leastWeights: number,
  { photos, form }: { photos: readonly string[]; form: InputForm },
): Promise<Packing> {
  const groups = groupChannels(graph);
  const isLarge = (name: string): boolean => {
    const dims = graph.constants.get(name)?.dims ?? [];
    return isPackable(dims) && elementCount(dims) >= leastWeights;
  };
  const axes = groups.axes.filter(
    ({ node, role, constant }) => node.op === 'Conv' && role === 'reads' && isLarge(constant),
  );
  const moments = await observe(graph, { ...groups, axes }, { photos: photos.slice(0, PHOTOS), form });
  const rounded = new Map<string, RoundedFilters>();
  for (const { node, constant } of axes) {
    const [filters, seen] = [graph.constants.get(constant), moments.get(requiredInput(node, 0))];
    if (filters?.type !== 'float32' || seen === undefined) continue;
    rounded.set(constant, roundedBank(filters, centred(seen).covariance));
  }
  return rounded;
}

function roundedBank({ dims, data }: Extract<Tensor, { type: 'float32' }>, covariance: Float64Array): RoundedFilters {
  const [outputs = 0, inputs = 0, ...kernel] = dims;
  const taps = elementCount(kernel);
  const steps = Float32Array.from({ length: outputs }, (_, output) =>
    bestStep(data.subarray(output * inputs * taps, (output + 1) * inputs * taps)),
  );
  const bank = { outputs, inputs, taps, data, steps, largest: LARGEST_PACKED };
  return { levels: roundTogether(bank, { covariance, taps: alikeTaps(kernel) }), steps };
}

/** The step by which rounding changes a filter least (sum of squares), when no weight may pass the largest level. */
function bestStep(filter: Float32Array): number {
  const height = Math.max(
    filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0),
    1e-12,
  );
  let best = { step: height, error: Number.POSITIVE_INFINITY };
  for (const share of KEPT_SHARES) {
    const step = (share * height) / LARGEST_PACKED;
    const error = filter.reduce((sum, w) => {
      const level = Math.max(-LARGEST_PACKED, Math.min(LARGEST_PACKED, Math.round(w / step)));
      return sum + (w - step * level) ** 2;
    }, 0);
    if (error < best.error) best = { step, error };
  }
  return best.step;
}

/** Correlations of the taps of a kernel, `[T, T]`: each step away in a row or a column takes the same share. */
function alikeTaps(kernel: readonly number[]): Float64Array {
  const [rows = 1, columns = 1] = kernel;
  const taps = Array.from({ length: rows * columns }, (_, tap) => [Math.floor(tap / columns), tap % columns] as const);
  return Float64Array.from(
    taps.flatMap(([row, column]) =>
      taps.map(([r, c]) => NEIGHBOURS_ALIKE ** (Math.abs(row - r) + Math.abs(column - c))),
    ),
  );
}
