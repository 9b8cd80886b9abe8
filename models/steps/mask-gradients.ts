import { seededRandom } from '../math/random.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { type InputForm, readInput } from '../photos.ts';
import { randomSigns, withValueGradients } from '../train/value-gradients.ts';

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
): Promise<Map<string, Float64Array>> {
  const found = new Map([...values].map(([value, channels]) => [value, new Float64Array(channels)]));
  const gradients = withValueGradients(graph, [...values.keys()], (write, _, gradient) =>
    write.op('ReduceSumSquare', [gradient], { axes: [0, 2, 3], keepdims: 0 }),
  );
  const { counts, results } = gradients;
  const random = seededRandom(seed);
  await withNetwork(gradients.graph, async (network) => {
    for (const [done, photo] of photos.entries()) {
      const result = await network.run({
        [onlyInput(graph).name]: { data: await readInput(photo, form), dims: [1, 3, form.height, form.width] },
        [counts.name]: randomSigns(counts, random),
      });
      for (const [value, name] of results) {
        const squares = float32Result(result, name);
        found.get(value)?.forEach((sum, channel, sums) => {
          sums[channel] = sum + (squares[channel] ?? 0) / photos.length;
        });
      }
      onStep('weigh', `photo ${done + 1} of ${photos.length}`);
    }
  });
  return found;
}
