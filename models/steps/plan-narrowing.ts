import { PruneError } from '../channels/errors.ts';
import { principalAxes } from '../math/principal-axes.ts';
import type { Products } from '../math/products.ts';
import { type Cost, costOf } from '../onnx/cost.ts';
import type { Graph } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { chooseRanks, type Rank, type RankCandidate, savedBy } from './choose-ranks.ts';
import type { Frontier } from './frontier.ts';
import { type LateSources, lateSources } from './late-upsampling.ts';
import { maskGradients } from './mask-gradients.ts';
import { centred, momentsOf } from './moments.ts';
import { type Narrowing, weighted } from './narrow.ts';
import { readOptions } from './read-options.ts';
import type { SampledConv } from './sampled-convs.ts';
import { seenShares } from './seen-shares.ts';

/** How a layer becomes narrow. */
export interface NarrowPlan {
  readonly narrowing: Narrowing;
  /** Where it is computed before what it reads is enlarged. */
  readonly late: LateSources | undefined;
}

export interface NarrowPlanning {
  /** Share of the dense network's cost to save. */
  readonly narrow: number;
  readonly unit: 'parameters' | 'macs';
  /** How much a share of all MACs counts beside the same share of that cost. */
  readonly speed: number;
  /** Share of the dense network's MACs that may be left: `speed` is then as small as that allows. */
  readonly macs: number | undefined;
  /** Where nothing is held back, layers are fitted to all their targets, and all of an output's deviation counts. */
  readonly heldBack: number;
  /** Whether layers may be computed before what they read is enlarged. */
  readonly late: boolean;
  /** Before the network's first layer, where layers may read along few axes, too. */
  readonly frontier: Frontier | undefined;
  /** Photos on which it is measured how much the mask minds what outputs leave out; where there are none, all layers count the same. */
  readonly weighedOn: readonly string[];
  readonly form: InputForm;
  readonly seed: number;
  readonly products: Products;
  readonly onStep?: ((step: string, detail: string) => void) | undefined;
}

/** Outputs that the mask hardly minds still count this share of the mean square, since later layers are fitted to all of them. */
const LEAST = 0.05;

/** Where a speed is looked for. */
const SPEEDS = { least: 1e-3, most: 1e3, rounds: 14 } as const;

/**
 * Plans how narrow which layers become, by what their outputs vary along in the dense network.
 *
 * `sliced` is in running order; `targets` are the dense network's outputs at the layers' places.
 *
 * @returns Plans by output; what is not there stays whole.
 */
export async function planNarrowing(
  {
    dense,
    sliced,
    targets,
  }: { dense: Graph; sliced: Graph; targets: ReadonlyMap<SampledConv, readonly Float32Array[]> },
  planning: NarrowPlanning,
): Promise<Map<string, NarrowPlan>> {
  const { heldBack, late, frontier, weighedOn, form, seed, onStep, products } = planning;
  const [inference, slicedInference] = [inferShapes(dense), inferShapes(sliced)];
  const total = costOf(dense, inference);
  const channels = new Map([...targets.keys()].map(({ output }) => [output, shapeOf(inference, output)[1] ?? 1]));
  const onPhoto = (detail: string): void => onStep?.('weigh', detail);
  const squares =
    weighedOn.length === 0
      ? undefined
      : await maskGradients(dense, channels, { photos: weighedOn, form, seed, onPhoto });
  const layers: Layer[] = [];
  for (const [conv, samples] of targets) {
    const { output, outputs, taps, kept } = conv;
    const { covariance } = centred(await momentsOf(samples, outputs, products));
    const minded = squares && kept.map((channel) => squares.get(output)?.[channel] ?? 0);
    const isSeenInPart = heldBack > 0 && isReadByRelusOnly(sliced, conv);
    const seen = () => (isSeenInPart ? seenShares(samples, outputs) : new Float64Array(outputs).fill(1));
    const worth = minded ? worthOf(minded) : seen();
    const sources = late ? lateSources(sliced, conv, slicedInference) : undefined;
    const { variances } = principalAxes(weighted(covariance, worth), outputs);
    const pixels = elementCount(shapeOf(inference, output).slice(2));
    const weight = minded && weightOf(minded, variances);
    const reads = frontier && (await readOptions(sliced, conv, { frontier, late: sources?.sources, worth }, products));
    const candidate = { output, taps, lateTaps: sources?.taps, pixels, variances, weight, reads };
    layers.push({ candidate, worth, sources });
    if (reads) onStep?.('plan', `layer ${layers.length} of ${targets.size}`);
  }
  const ranks = ranksWithin({ layers, before: costOf(sliced, slicedInference), total }, planning);
  return new Map(
    layers.flatMap(({ candidate: { output }, worth, sources }) => {
      const chosen = ranks.get(output);
      if (chosen === undefined) return [];
      const narrowing = { rank: chosen.rank, worth, reads: chosen.read?.counts };
      return [[output, { narrowing, late: chosen.isLate ? sources : undefined }]];
    }),
  );
}

/** What layers read that are computed before it is enlarged; the nodes that they then don't need read nothing, which is how they are left out. */
export function readsOf(plan: ReadonlyMap<string, NarrowPlan>): Map<string, readonly string[]> {
  const reads = new Map<string, readonly string[]>();
  for (const [output, { late }] of plan) {
    if (late === undefined) continue;
    reads.set(
      output,
      late.sources.map(({ value }) => value),
    );
    for (const value of late.bypassed) reads.set(value, []);
  }
  return reads;
}

/** Ranks that leave as much of the parameters and of the MACs as is asked for. */
function ranksWithin(
  { layers, before, total }: { layers: readonly Layer[]; before: Cost; total: Cost },
  { narrow, unit, speed, macs, onStep }: NarrowPlanning,
): Map<string, Rank> {
  const most = Math.max(...layers.map(({ candidate }) => candidate.weight ?? 1)) || 1;
  const candidates = layers.map(({ candidate }) => ({ ...candidate, weight: (candidate.weight ?? 1) / most }));
  const ranksAt = (at: number) => chooseRanks(candidates, { saving: narrow * total[unit], unit, speed: at, total });
  const shareAt = (at: number): number => costLeft(before, candidates, ranksAt(at)).macs / total.macs;
  const ranks = ranksAt(macs === undefined ? speed : speedFor(macs, shareAt));
  const left = costLeft(before, candidates, ranks);
  const figures = `${(left.parameters / 1e6).toFixed(2)} M parameters, ${(left.macs / 1e9).toFixed(2)} GMAC`;
  onStep?.('narrow', `${ranks.size} of ${layers.length} layers, to ${figures}`);
  return ranks;
}

function costLeft(before: Cost, candidates: readonly RankCandidate[], ranks: ReadonlyMap<string, Rank>): Cost {
  return candidates.reduce((left, candidate) => {
    const rank = ranks.get(candidate.output);
    if (rank === undefined) return left;
    const { parameters, macs } = savedBy(candidate, rank);
    return { parameters: left.parameters - parameters, macs: left.macs - macs };
  }, before);
}

/** How much MACs must count for this share of them to be left, by halving. @throws {PruneError} `bad_ratio` when nothing is enough. */
function speedFor(macs: number, shareAt: (speed: number) => number): number {
  let [low, high] = [Math.log(SPEEDS.least), Math.log(SPEEDS.most)];
  const least = shareAt(SPEEDS.most);
  if (least > macs) {
    throw new PruneError('bad_ratio', `Expected macs of at least ${least.toFixed(3)} with this ratio, got ${macs}`);
  }
  for (let round = 0; round < SPEEDS.rounds; round++) {
    const middle = (low + high) / 2;
    if (shareAt(Math.exp(middle)) > macs) low = middle;
    else high = middle;
  }
  return Math.exp(high);
}

interface Layer {
  readonly candidate: RankCandidate;
  readonly worth: Float64Array;
  readonly sources: LateSources | undefined;
}

/** What a deviation of each output counts whose gradient of the mask has these squares; the same for all where the mask reads none. */
function worthOf(squares: readonly number[]): Float64Array {
  const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
  return Float64Array.from(squares, (square) => (mean > 0 ? Math.sqrt(square + LEAST * mean) : 1));
}

/**
 * What a layer's whole variance counts beside that of others: the cube root of what the mask would change by without it. Only a root,
 * since later layers are fitted anew and make up for part of what is lost, and since gradients hold for small losses only.
 */
function weightOf(squares: readonly number[], variances: Float64Array): number {
  return squares.some((square) => square > 0) ? Math.cbrt(variances.reduce((sum, variance) => sum + variance, 0)) : 0;
}

/** Whether nothing else sees what a layer gives. */
export function isReadByRelusOnly({ nodes, outputs }: Graph, { output }: SampledConv): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(output));
  return readers.length > 0 && readers.every(({ op }) => op === 'Relu') && outputs.every(({ name }) => name !== output);
}
