import { principalAxes } from '../math/principal-axes.ts';
import type { Products } from '../math/products.ts';
import { costOf } from '../onnx/cost.ts';
import type { Graph } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { elementCount } from '../onnx/tensor.ts';
import { chooseRanks, type RankCandidate } from './choose-ranks.ts';
import { type LateSources, lateSources } from './late-upsampling.ts';
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
  readonly products: Products;
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
  { narrow, unit, speed, heldBack, late, products }: NarrowPlanning,
): Promise<Map<string, NarrowPlan>> {
  const [inference, slicedInference] = [inferShapes(dense), inferShapes(sliced)];
  const total = costOf(dense, inference);
  const layers: { candidate: RankCandidate; worth: Float64Array; sources: LateSources | undefined }[] = [];
  for (const [conv, samples] of targets) {
    const { output, outputs, taps } = conv;
    const { covariance } = centred(await momentsOf(samples, outputs, products));
    const isSeenInPart = heldBack > 0 && isReadByRelusOnly(sliced, conv);
    const worth = isSeenInPart ? seenShares(samples, outputs) : new Float64Array(outputs).fill(1);
    const sources = late ? lateSources(sliced, conv, slicedInference) : undefined;
    const { variances } = principalAxes(weighted(covariance, worth), outputs);
    const pixels = elementCount(shapeOf(inference, output).slice(2));
    layers.push({ candidate: { output, taps, lateTaps: sources?.taps, pixels, variances }, worth, sources });
  }
  const ranks = chooseRanks(
    layers.map(({ candidate }) => candidate),
    { saving: narrow * total[unit], unit, speed, total },
  );
  return new Map(
    layers.flatMap(({ candidate: { output }, worth, sources }) => {
      const chosen = ranks.get(output);
      if (chosen === undefined) return [];
      return [[output, { narrowing: { rank: chosen.rank, worth }, late: chosen.isLate ? sources : undefined }]];
    }),
  );
}

/** Whether nothing else sees what a layer gives. */
export function isReadByRelusOnly({ nodes, outputs }: Graph, { output }: SampledConv): boolean {
  const readers = nodes.filter(({ inputs }) => inputs.includes(output));
  return readers.length > 0 && readers.every(({ op }) => op === 'Relu') && outputs.every(({ name }) => name !== output);
}
