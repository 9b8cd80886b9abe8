import { seededRandom } from '../math/random.ts';
import type { Graph } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { type GradientPhotos, squaredGradients } from './mask-gradients.ts';
import { rimAndInner, type SampledConv } from './sampled-convs.ts';

/** Places drawn for each at which a photo is compared. */
export const CANDIDATES = 4;
/** A place that the mask doesn't mind counts this share of the mean, since what is given there is read by others that it minds. */
const LEAST = 0.05;

/**
 * Chooses, photo by photo, the places at which layers are compared: likelier the more the mask minds a deviation there, as the
 * gradient of the mask says in the dense network, to first order (see {@link maskGradients}). All photos are compared at equally many, as many
 * of them on the rim as if they were drawn from all.
 *
 * Cost: forward and backward once a photo.
 *
 * @param convs With {@link CANDIDATES} times as many positions as places, where there are enough pixels.
 */
export async function atMindedPlaces(
  dense: Graph,
  convs: readonly SampledConv[],
  { photos, form, seed, onPhoto }: Omit<GradientPhotos, 'random'> & { seed: number },
): Promise<SampledConv[]> {
  const random = seededRandom(seed);
  const inference = inferShapes(dense);
  const chosen = convs.map((conv) => ({ ...conv, placed: [] as Int32Array[] }));
  const pixelSums = { values: convs.map(({ output }) => output), axes: [0, 1] };
  await squaredGradients(dense, pixelSums, { photos, form, random, onPhoto }, (squares) => {
    for (const conv of chosen) {
      const [height = 1, width = 1] = shapeOf(inference, conv.output).slice(2);
      const own = squares.get(conv.output) ?? new Float32Array();
      conv.placed.push(drawMinded(conv, own, { height, width, uniform: random.uniform }));
    }
  });
  return chosen;
}

/** Draws a photo's places of a layer by the squared gradients of all its pixels; all alike where the mask minds none. */
function drawMinded(
  { positions, places }: SampledConv,
  squares: Float32Array,
  { height, width, uniform }: { height: number; width: number; uniform: () => number },
): Int32Array {
  const mean = positions.reduce((sum, place) => sum + (squares[place] ?? 0), 0) / positions.length;
  // Weighted draws without replacement are those with the largest u^(1/weight): Efraimidis and Spirakis 2006.
  const keys = new Map(
    positions.map((place) => {
      const weight = mean > 0 ? Math.sqrt((squares[place] ?? 0) / mean + LEAST) : 1;
      return [place, Math.log(1 - uniform()) / weight];
    }),
  );
  const { rim, inner, onRim } = rimAndInner(positions, { height, width, count: places });
  const first = (of: readonly number[], count: number): number[] =>
    of.toSorted((a, b) => (keys.get(b) ?? 0) - (keys.get(a) ?? 0)).slice(0, count);
  const chosen = new Set([...first(rim, onRim), ...first(inner, places - onRim)]);
  return Int32Array.from(positions.flatMap((place, index) => (chosen.has(place) ? [index] : [])));
}
