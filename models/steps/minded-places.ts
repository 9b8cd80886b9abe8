import { seededRandom } from '../math/random.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { type InputForm, readInput } from '../photos.ts';
import { randomSigns, withValueGradients } from '../train/value-gradients.ts';
import { rimAndInner, type SampledConv } from './sampled-convs.ts';

/** Places drawn for each that a photo keeps. */
export const DRAWN = 4;
/** A place that the mask doesn't mind counts this share of the mean, since what is given there is read by others that it minds. */
const LEAST = 0.05;

/**
 * Chooses, photo by photo, the places at which layers are compared: likelier the more the mask minds a deviation there, as the
 * gradient of the mask says in the dense network, to first order (see {@link maskGradients}). All photos are compared at equally many, as many
 * of them on the rim as if they were drawn from all.
 *
 * Cost: forward and backward once a photo.
 *
 * @param convs With {@link DRAWN} times as many positions as places, where there are enough pixels.
 */
export async function atMindedPlaces(
  dense: Graph,
  convs: readonly SampledConv[],
  {
    photos,
    form,
    seed,
    onStep = () => {},
  }: {
    photos: readonly string[];
    form: InputForm;
    seed: number;
    onStep?: ((step: string, detail: string) => void) | undefined;
  },
): Promise<SampledConv[]> {
  const outputs = convs.map(({ output }) => output);
  const gradients = withValueGradients(dense, outputs, (write, _, gradient) =>
    write.op('ReduceSumSquare', [gradient], { axes: [0, 1], keepdims: 0 }),
  );
  const random = seededRandom(seed);
  const { uniform } = random;
  const inference = inferShapes(dense);
  const chosen = convs.map((conv) => ({ ...conv, placed: [] as Int32Array[] }));
  await withNetwork(gradients.graph, async (network) => {
    for (const [done, photo] of photos.entries()) {
      const result = await network.run({
        [onlyInput(dense).name]: { data: await readInput(photo, form), dims: [1, 3, form.height, form.width] },
        [gradients.counts.name]: randomSigns(gradients.counts, random),
      });
      for (const conv of chosen) {
        const name = gradients.results.get(conv.output);
        const squares = name === undefined ? new Float32Array() : float32Result(result, name);
        const [height = 1, width = 1] = shapeOf(inference, conv.output).slice(2);
        conv.placed.push(drawMinded(conv, squares, { height, width, uniform }));
      }
      onStep('places', `photo ${done + 1} of ${photos.length}`);
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
    [...of].sort((a, b) => (keys.get(b) ?? 0) - (keys.get(a) ?? 0)).slice(0, count);
  const chosen = new Set([...first(rim, onRim), ...first(inner, places - onRim)]);
  return Int32Array.from(positions.flatMap((place, index) => (chosen.has(place) ? [index] : [])));
}
