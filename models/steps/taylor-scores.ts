import { availableParallelism } from 'node:os';
import type { ChannelGroups } from '../channels/channel-groups.ts';
import { seededRandom } from '../math/random.ts';
import type { Graph } from '../onnx/graph.ts';
import { elementCount } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';
import { openGradientSession } from '../train/gradient-session.ts';
import { buildTrainingGraph, type TrainedWeight } from '../train/training-graph.ts';
import { foldBatchNorms, foldedName } from './fold-batch-norms.ts';

/** Random directions of the mask that are followed back for each photo. */
const DRAWS = 2;

/**
 * Scores each channel by the mean square of what the mask would lose with it, to first order: the sum of weight times gradient
 * over the filters and biases that make it (Molchanov et al. 2019). Theirs is the gradient of a loss on labels. Photos have none here,
 * and a distance to the network's own masks has no slope; so it is the gradient of the mask times a random sign for each
 * pixel, the square of which is on average that of the whole mask's change.
 *
 * Cost: forward and backward `draws` times a photo; memory that of training on one photo.
 */
export async function taylorScores(
  graph: Graph,
  { axes }: ChannelGroups,
  { photos, form, seed, draws = DRAWS }: { photos: readonly string[]; form: InputForm; seed: number; draws?: number },
): Promise<Map<number, number>> {
  const folded = foldBatchNorms(graph);
  // The difference from a target that is 0 or 1 at random has a random sign for a slope.
  const training = buildTrainingGraph(folded, { mask: { absolute: 1 } });
  const places = new Map(training.weights.map(({ name }, index) => [name, index]));
  const convs = new Map(folded.nodes.map((node) => [node.inputs[1] ?? '', node]));
  const makers = axes.flatMap(({ node, role, constant, channels }) => {
    if (node.op !== 'Conv' || role !== 'makes') return [];
    const [, ...weights] = (convs.get(constant) ?? convs.get(foldedName(constant)))?.inputs ?? [];
    return weights.flatMap((name) => places.get(name) ?? []).map((index) => ({ index, channels }));
  });
  const { target, emphasis, photo } = training;
  const pixels = elementCount(target?.dims ?? []);
  const random = seededRandom(seed);
  const scores = new Map<number, number>();
  const initial = training.weights.map((weight) => weight.initial);
  const session = await openGradientSession(training, initial, { threads: availableParallelism() });
  try {
    for (const file of photos) {
      const data = await readInput(file, form);
      for (let draw = 0; draw < draws; draw++) {
        await session.run({
          [photo.name]: data,
          [target?.name ?? '']: Float32Array.from({ length: pixels }, () => random.integer(2)),
          [emphasis?.name ?? '']: new Float32Array(pixels).fill(1),
        });
        const lost = new Map<number, number>();
        for (const { index, channels } of makers) {
          const gone = productsByChannel(training.weights[index], session.gradients[index], channels.length);
          for (const [at, channel] of channels.entries()) lost.set(channel, (lost.get(channel) ?? 0) + (gone[at] ?? 0));
        }
        for (const [channel, change] of lost) {
          scores.set(channel, (scores.get(channel) ?? 0) + change ** 2 / (photos.length * draws));
        }
      }
    }
  } finally {
    await session.close();
  }
  return scores;
}

/** For each output channel, the sum of weight times gradient. */
function productsByChannel(
  weight: TrainedWeight | undefined,
  gradient: Float32Array | undefined,
  channels: number,
): Float64Array {
  const sums = new Float64Array(channels);
  const values = weight?.initial ?? new Float32Array();
  const inner = values.length / channels;
  for (const [i, value] of values.entries()) {
    const channel = Math.floor(i / inner);
    sums[channel] = (sums[channel] ?? 0) + value * (gradient?.[i] ?? 0);
  }
  return sums;
}
