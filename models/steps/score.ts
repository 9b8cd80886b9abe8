import type { ChannelGroup, ChannelGroups } from '../channels/channel-groups.ts';
import { PruneError } from '../channels/errors.ts';
import type { ChannelAxis } from '../channels/tracer.ts';
import type { Products } from '../math/products.ts';
import { seededRandom } from '../math/random.ts';
import { type Graph, requiredInput } from '../onnx/graph.ts';
import { elementCount, floatsOf } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { centred } from './moments.ts';
import type { Observations } from './observe.ts';
import { residualScores } from './residual-scores.ts';
import { taylorScores } from './taylor-scores.ts';

/**
 * How much a channel is worth.
 *
 * - `l1`: mean |w| of the filters that make it, relative to its group's mean.
 * - `bn-gamma`: |gamma| of the BatchNormalization it goes through (network slimming, Liu et al. 2017).
 * - `activation`: share of its readers' output energy that comes from it.
 * - `residual`: share of its readers' output energy that the channels worth more cannot make up for, by greedy forward selection.
 * - `taylor`: how much the mask would change without it, to first order, by gradients.
 * - `random`: the control that every other has to beat.
 */
export type ScoreMethod = 'l1' | 'bn-gamma' | 'activation' | 'residual' | 'taylor' | 'random';

/** What each channel is worth, by channel; sums over channels are comparable across groups. Higher stays. */
export type Scores = ReadonlyMap<number, number>;

export interface ScoreOptions {
  readonly method: ScoreMethod;
  readonly seed: number;
  /** Needed by `activation` and `residual`. */
  readonly observations?: Observations;
  /** Needed by `taylor`. */
  readonly photos?: readonly string[];
  readonly form?: InputForm;
  readonly products: Products;
}

/** Scores every channel that can be cut. @throws {PruneError} when the method needs what is not there. */
export async function score(graph: Graph, groups: ChannelGroups, options: ScoreOptions): Promise<Scores> {
  const free = groups.groups.filter((group) => !group.isFixed);
  switch (options.method) {
    case 'l1':
      return l1Scores(graph, groups, free);
    case 'bn-gamma':
      return gammaScores(graph, groups);
    case 'activation':
      return activationScores(graph, groups, observed(options));
    case 'residual':
      return residualScores(graph, groups, { observations: observed(options), products: options.products });
    case 'taylor':
      return taylorScores(graph, groups, watched(options));
    case 'random': {
      const random = seededRandom(options.seed);
      return new Map(free.flatMap(({ channels }) => channels.map((channel) => [channel, random.uniform()] as const)));
    }
  }
}

function observed({ method, observations }: ScoreOptions): Observations {
  if (observations !== undefined) return observations;
  throw notCalibrated(method);
}

function watched({ method, photos = [], form, seed }: ScoreOptions): Parameters<typeof taylorScores>[2] {
  if (photos.length > 0 && form !== undefined) return { photos, form, seed };
  throw notCalibrated(method);
}

function notCalibrated(method: ScoreMethod): PruneError {
  return new PruneError(
    'not_calibrated',
    `Expected calibration photos for the score ${method}, got none: pass --calibration DIR`,
  );
}

function l1Scores(graph: Graph, { axes }: ChannelGroups, free: readonly ChannelGroup[]): Scores {
  const sums = new Map<number, number>();
  for (const axis of axes) {
    if (axis.role !== 'makes') continue;
    for (const [channel, norm] of norms(graph, axis, Math.abs)) sums.set(channel, (sums.get(channel) ?? 0) + norm);
  }
  return new Map(
    free.flatMap(({ channels }) => {
      const total = channels.reduce((sum, channel) => sum + (sums.get(channel) ?? 0), 0);
      return channels.map((channel) => [channel, ((sums.get(channel) ?? 0) * channels.length) / (total || 1)] as const);
    }),
  );
}

function gammaScores(graph: Graph, { axes }: ChannelGroups): Scores {
  const scores = new Map<number, number>();
  for (const axis of axes) {
    if (axis.node.op !== 'BatchNormalization' || axis.constant !== axis.node.inputs[1]) continue;
    for (const [channel, gamma] of norms(graph, axis, Math.abs))
      scores.set(channel, Math.max(scores.get(channel) ?? 0, gamma));
  }
  if (scores.size === 0) {
    throw new PruneError(
      'not_calibrated',
      'Expected BatchNormalizations for the score bn-gamma, got a network where they are folded away: use residual or l1',
    );
  }
  return scores;
}

function activationScores(graph: Graph, { axes }: ChannelGroups, observations: Observations): Scores {
  const scores = new Map<number, number>();
  for (const axis of axes) {
    if (axis.role !== 'reads') continue;
    const moments = observations.get(requiredInput(axis.node, 0));
    if (moments === undefined) continue;
    const { covariance, channels: count } = centred(moments);
    const energies = [...norms(graph, axis, (w) => w * w)].map(
      ([channel, norm], index) => [channel, norm * (covariance[index * count + index] ?? 0)] as const,
    );
    const total = energies.reduce((sum, [, energy]) => sum + energy, 0);
    for (const [channel, energy] of energies) scores.set(channel, (scores.get(channel) ?? 0) + energy / (total || 1));
  }
  return scores;
}

/** For each channel along an axis, the sum of a function of the constant's values there. */
function* norms(
  graph: Graph,
  { constant, axis, channels }: ChannelAxis,
  of: (w: number) => number,
): Generator<[number, number]> {
  const tensor = graph.constants.get(constant);
  if (tensor === undefined) return;
  const values = floatsOf(tensor, constant);
  const inner = elementCount(tensor.dims.slice(axis + 1));
  const size = tensor.dims[axis] ?? 1;
  const sums = new Float64Array(size);
  for (const [i, value] of values.entries()) {
    const index = Math.floor(i / inner) % size;
    sums[index] = (sums[index] ?? 0) + of(value);
  }
  for (const [index, channel] of channels.entries()) yield [channel, sums[index] ?? 0];
}
