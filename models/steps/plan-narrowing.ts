import { principalAxes } from '../math/principal-axes.ts';
import type { Products } from '../math/products.ts';
import { costOf } from '../onnx/cost.ts';
import type { Graph } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { elementCount } from '../onnx/tensor.ts';
import type { InputForm } from '../photos.ts';
import { chooseRanks, type RankCandidate } from './choose-ranks.ts';
import { type LateSources, lateSources } from './late-upsampling.ts';
import { type LayerSpread, maskSensitivities } from './mask-sensitivities.ts';
import { centred, momentsOf } from './moments.ts';
import { type Narrowing, weighted } from './narrow.ts';
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
  /** Where nothing is held back, layers are fitted to all their targets, and all of an output's deviation counts. */
  readonly heldBack: number;
  /** Whether layers may be computed before what they read is enlarged. */
  readonly late: boolean;
  /** Photos on which it is measured how much the mask minds what each layer leaves out; where there are none, all layers count the same. */
  readonly weighedOn: readonly string[];
  readonly form: InputForm;
  readonly products: Products;
  readonly onStep?: ((step: string, detail: string) => void) | undefined;
}

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
  const { narrow, unit, speed, heldBack, late, products } = planning;
  const [inference, slicedInference] = [inferShapes(dense), inferShapes(sliced)];
  const total = costOf(dense, inference);
  const layers: { candidate: RankCandidate; spread: LayerSpread; sources: LateSources | undefined }[] = [];
  for (const [conv, samples] of targets) {
    const { output, outputs, taps, kept } = conv;
    const moments = await momentsOf(samples, outputs, products);
    const { covariance } = centred(moments);
    const isSeenInPart = heldBack > 0 && isReadByRelusOnly(sliced, conv);
    const worth = isSeenInPart ? seenShares(samples, outputs) : new Float64Array(outputs).fill(1);
    const sources = late ? lateSources(sliced, conv, slicedInference) : undefined;
    const { variances } = principalAxes(weighted(covariance, worth), outputs);
    const pixels = elementCount(shapeOf(inference, output).slice(2));
    const spread = { output, kept, mean: moments.mean, covariance, worth, variances };
    layers.push({ candidate: { output, taps, lateTaps: sources?.taps, pixels, variances }, spread, sources });
  }
  const weights = await weigh(
    dense,
    layers.map(({ spread }) => spread),
    planning,
  );
  const ranks = chooseRanks(
    layers.map(({ candidate }) => ({ ...candidate, weight: weights.get(candidate.output) })),
    { saving: narrow * total[unit], unit, speed, total },
  );
  return new Map(
    layers.flatMap(({ candidate: { output }, spread: { worth }, sources }) => {
      const chosen = ranks.get(output);
      if (chosen === undefined) return [];
      return [[output, { narrowing: { rank: chosen.rank, worth }, late: chosen.isLate ? sources : undefined }]];
    }),
  );
}

/**
 * What each layer's variance counts, 0..1: the root of how much the mask minds losing some. Only the root, since later layers are
 * fitted anew and make up for part of what is lost, and since an error that few photos show is an error all the same. A layer of
 * one output cannot become narrow and is not weighed.
 */
async function weigh(
  dense: Graph,
  layers: readonly LayerSpread[],
  { weighedOn, form, onStep }: NarrowPlanning,
): Promise<Map<string, number>> {
  if (weighedOn.length === 0) return new Map();
  const wide = layers.filter(({ worth }) => worth.length > 1);
  const sensitivities = await maskSensitivities(dense, wide, { photos: weighedOn, form, ...(onStep && { onStep }) });
  const most = Math.max(...sensitivities.values());
  return new Map([...sensitivities].map(([output, minds]) => [output, most > 0 ? Math.sqrt(minds / most) : 1]));
}

/** Whether nothing else sees what a layer gives. */
export function isReadByRelusOnly({ nodes, outputs }: Graph, { output }: SampledConv): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(output));
  return readers.length > 0 && readers.every(({ op }) => op === 'Relu') && outputs.every(({ name }) => name !== output);
}
