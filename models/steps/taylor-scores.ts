import type { ChannelGroups } from '../channels/channel-groups.ts';
import { seededRandom } from '../math/random.ts';
import { float32Result, withNetwork } from '../network.ts';
import { type Graph, onlyInput } from '../onnx/graph.ts';
import { type InputForm, readInput } from '../photos.ts';
import { randomSigns, withValueGradients } from '../train/value-gradients.ts';
import { foldBatchNorms, foldedName } from './fold-batch-norms.ts';

/** Random directions of the mask that are followed back for each photo. */
const DRAWS = 2;

/**
 * Scores each channel by the mean square of what the mask would lose with it, to first order: the sum of weight times gradient
 * over the filters and biases that make it (Molchanov et al. 2019), which is that of output times gradient over its pixels. Theirs is
 * the gradient of a loss on labels. Photos have none here, and a distance to the network's own masks has no slope; so it is the gradient of
 * the mask times a random sign for each pixel, the square of which is on average that of the whole mask's change.
 *
 * Cost: forward and backward `draws` times a photo.
 */
export async function taylorScores(
  graph: Graph,
  { axes }: ChannelGroups,
  { photos, form, seed, draws = DRAWS }: { photos: readonly string[]; form: InputForm; seed: number; draws?: number },
): Promise<Map<number, number>> {
  const folded = foldBatchNorms(graph);
  const convs = new Map(folded.nodes.map((node) => [node.inputs[1] ?? '', node]));
  const makers = axes.flatMap(({ node, role, constant, channels }) => {
    if (node.op !== 'Conv' || role !== 'makes') return [];
    const value = (convs.get(constant) ?? convs.get(foldedName(constant)))?.outputs[0];
    return value === undefined ? [] : [{ value, channels }];
  });
  const values = makers.map(({ value }) => value);
  const gradients = withValueGradients(folded, values, (write, value, gradient) =>
    write.op('ReduceSum', [write.op('Mul', [value, gradient]), write.integers([0, 2, 3])], { keepdims: 0 }),
  );
  const random = seededRandom(seed);
  const scores = new Map<number, number>();
  await withNetwork(gradients.graph, async (network) => {
    for (const photo of photos) {
      const input = { data: await readInput(photo, form), dims: [1, 3, form.height, form.width] };
      for (let draw = 0; draw < draws; draw++) {
        const counts = randomSigns(gradients.counts, random);
        const results = await network.run({ [onlyInput(folded).name]: input, [gradients.counts.name]: counts });
        const lost = new Map<number, number>();
        for (const { value, channels } of makers) {
          const name = gradients.results.get(value);
          const gone = name === undefined ? [] : float32Result(results, name);
          for (const [at, channel] of channels.entries()) lost.set(channel, (lost.get(channel) ?? 0) + (gone[at] ?? 0));
        }
        for (const [channel, change] of lost) {
          scores.set(channel, (scores.get(channel) ?? 0) + change ** 2 / (photos.length * draws));
        }
      }
    }
  });
  return scores;
}
