import { groupChannels } from '../channels/channel-groups.ts';
import { type Graph, requiredInput } from '../onnx/graph.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { centred } from '../steps/moments.ts';
import { observe } from '../steps/observe.ts';
import { isPackable } from './pack-filters.ts';
import type { ReadStatistics } from './round-together.ts';

/** The filter banks to pack, by the name of their constant, and what each of them reads. */
export type Packing = ReadonlyMap<string, ReadStatistics>;

/** More photos than these tell no more of how channels go together: every one gives thousands of pixels. */
const PHOTOS = 10;

/**
 * How alike a channel is at neighbouring taps, left and right or up and down. A guess for all layers: measured on IS-Net, .3, .6 and
 * .85 gave masks as good as each other, and 0 far worse ones.
 */
const NEIGHBOURS_ALIKE = 0.6;

/** Chooses the filter banks with at least so many weights, and watches what they read on photos. Cost: a run a photo. */
export async function planPacking(
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
  return new Map(
    axes.flatMap(({ node, constant }) => {
      const seen = moments.get(requiredInput(node, 0));
      const dims = graph.constants.get(constant)?.dims.slice(2) ?? [];
      return seen === undefined ? [] : [[constant, { covariance: centred(seen).covariance, taps: alikeTaps(dims) }]];
    }),
  );
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
