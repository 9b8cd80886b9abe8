import { type Random, seededRandom } from '../math/random.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { type InputForm, readInput } from '../photos.ts';
import { type Reduce, randomSigns, withValueGradients } from '../train/value-gradients.ts';

/**
 * How much a network's mask minds a deviation of each channel of values inside it, to first order: the mean over photos of the sum
 * over pixels of the squared gradient of the mask. Times a deviation's mean square, that is what the mask changes by where
 * deviations at different pixels have nothing to do with each other. Where a ReLU hides a channel, its gradient is 0.
 *
 * As for Taylor scores the gradient is that of the mask times a random sign for each pixel, the square of which is on average that of
 * the whole mask.
 *
 * Cost: forward and backward once a photo.
 *
 * @returns By value, `[channels]`; zeros where the mask doesn't depend on it.
 */
export async function maskGradients(
  graph: Graph,
  values: ReadonlyMap<string, number>,
  { photos, form, seed, onPhoto }: Omit<GradientPhotos, 'random'> & { seed: number },
): Promise<Map<string, Float64Array>> {
  const found = new Map([...values].map(([value, channels]) => [value, new Float64Array(channels)]));
  const channelSums = { values: [...values.keys()], axes: [0, 2, 3] };
  await squaredGradients(graph, channelSums, { photos, form, random: seededRandom(seed), onPhoto }, (squares) => {
    for (const [value, sums] of found) {
      const own = squares.get(value);
      sums.forEach((sum, channel) => {
        sums[channel] = sum + (own?.[channel] ?? 0) / photos.length;
      });
    }
  });
  return found;
}

export interface GradientPhotos {
  readonly photos: readonly string[];
  readonly form: InputForm;
  /** Draws each photo's signs. */
  readonly random: Random;
  /** Told how far it is. */
  readonly onPhoto?: ((detail: string) => void) | undefined;
}

/**
 * The mask's squared gradients with respect to values inside a network, summed over some axes, photo by photo.
 *
 * @param take Told each photo's sums, by value; none for a value that the mask doesn't depend on.
 */
export async function squaredGradients(
  graph: Graph,
  { values, axes }: { values: readonly string[]; axes: readonly number[] },
  given: GradientPhotos,
  take: (squares: ReadonlyMap<string, Float32Array>) => void,
): Promise<void> {
  const reduce: Reduce = (write, _, gradient) => write.op('ReduceSumSquare', [gradient], { axes, keepdims: 0 });
  await maskGradientsByPhoto(graph, values, reduce, given, take);
}

/**
 * The mask's gradients with respect to values inside a network, photo by photo, or what `reduce` makes of them.
 *
 * @param take Told each photo's results, by value; none for a value that the mask doesn't depend on.
 */
export async function maskGradientsByPhoto(
  graph: Graph,
  values: readonly string[],
  reduce: Reduce,
  { photos, form, random, onPhoto = () => {} }: GradientPhotos,
  take: (results: ReadonlyMap<string, Float32Array>) => void,
): Promise<void> {
  const gradients = withValueGradients(graph, values, reduce);
  const { counts, results } = gradients;
  await withNetwork(gradients.graph, async (network) => {
    for (const [done, photo] of photos.entries()) {
      const result = await network.run({
        [onlyInput(graph).name]: { data: await readInput(photo, form), dims: [1, 3, form.height, form.width] },
        [counts.name]: randomSigns(counts, random),
      });
      take(new Map([...results].map(([value, name]) => [value, float32Result(result, name)])));
      onPhoto(`photo ${done + 1} of ${photos.length}`);
    }
  });
}
