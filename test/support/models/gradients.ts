import { seededRandom } from '#models/math/random.ts';
import { type Network, withNetwork } from '#models/network.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { elementCount } from '#models/onnx/tensor.ts';
import {
  buildTrainingGraph,
  type GraphInput,
  type Loss,
  type TrainingGraph,
  type TrainingGraphOptions,
} from '#models/train/training-graph.ts';

type Values = Record<string, Float32Array>;

/** What a gradient says of a step along one direction, and what the loss does. */
export interface Slope {
  readonly weight: string;
  readonly byGradient: number;
  readonly byDifference: number;
}

/**
 * Compares each weight's gradient with the loss's central difference along random directions: of one weight at a time, or of
 * all weights at once.
 */
export async function slopes(
  model: Graph,
  loss: Loss,
  {
    step = 2e-3,
    together = 0,
    seed = 3,
    ...options
  }: TrainingGraphOptions & { step?: number; together?: number; seed?: number } = {},
): Promise<Slope[]> {
  const training = buildTrainingGraph(model, loss, options);
  const random = seededRandom(seed);
  const given = inputsFor(training, seed);
  const start = Object.fromEntries(training.weights.map(({ name, initial }) => [name, initial]));
  return await withNetwork(
    training.graph,
    async (network) => {
      const gradients = await network.run(feeds(training, { ...given, ...start }));
      const groups =
        together > 0
          ? Array.from({ length: together }, () => training.weights)
          : training.weights.map((weight) => [weight]);
      const found: Slope[] = [];
      for (const group of groups) {
        const moves = group.map((weight) => ({ weight, direction: direction(weight.initial, random.normal) }));
        const byGradient = moves.reduce(
          (sum, { weight, direction: d }) => sum + dot(gradients.get(weight.gradient), d),
          0,
        );
        const lossAt = (distance: number): Promise<number> => {
          const moved = moves.map(({ weight: { name, initial }, direction: d }) => [
            name,
            initial.map((w, i) => w + distance * (d[i] ?? 0)),
          ]);
          return lossOf(network, training, { ...given, ...start, ...Object.fromEntries(moved) });
        };
        const byDifference = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
        found.push({ weight: group.map(({ name }) => name).join(), byGradient, byDifference });
      }
      return found;
    },
    { threads: 1 },
  );
}

/** Runs a training graph once at its initial weights. @returns Every output by name. */
export async function lossAndGradients(training: TrainingGraph, given: Values): Promise<Map<string, Float32Array>> {
  const start = Object.fromEntries(training.weights.map(({ name, initial }) => [name, initial]));
  return await withNetwork(training.graph, async (network) => {
    const results = await network.run(feeds(training, { ...given, ...start }));
    return new Map([...results].map(([name, data]) => [name, Float32Array.from(data)]));
  });
}

/** Noise for the photo and the features, noise in 0..1 for the mask, in 0.5..1.5 for its emphasis. */
export function inputsFor({ photo, target, emphasis, features }: TrainingGraph, seed = 3): Values {
  const random = seededRandom(seed + 100);
  const fill = (input: GraphInput | undefined, next: () => number): Values =>
    input === undefined ? {} : { [input.name]: Float32Array.from({ length: elementCount(input.dims) }, next) };
  return {
    ...fill(photo, random.normal),
    ...fill(target, random.uniform),
    ...fill(emphasis, () => 0.5 + random.uniform()),
    ...Object.assign({}, ...features.map((input) => fill(input, random.normal))),
  };
}

function feeds({ photo, target, emphasis, features, weights }: TrainingGraph, values: Values) {
  const inputs = [photo, target, emphasis, ...features, ...weights].filter((input) => input !== undefined);
  return Object.fromEntries(inputs.map(({ name, dims }) => [name, { data: values[name] ?? new Float32Array(), dims }]));
}

async function lossOf(network: Network, training: TrainingGraph, values: Values): Promise<number> {
  const results = await network.run(feeds(training, values));
  return results.get(training.loss)?.[0] ?? Number.NaN;
}

/** As long as the weight itself times a normal number, so that steps are small beside every weight. */
function direction(weight: Float32Array, normal: () => number): Float32Array {
  const rms = Math.sqrt(weight.reduce((sum, w) => sum + w * w, 0) / weight.length) || 1;
  return weight.map(() => rms * normal());
}

function dot(a: Float32Array | Float64Array | undefined, b: Float32Array): number {
  return b.reduce((sum, value, i) => sum + value * (a?.[i] ?? Number.NaN), 0);
}
