import { PruneError } from '../channels/errors.ts';

/** What a layer's outputs vary along, and what the layer costs. */
export interface RankCandidate {
  /** The layer's output value. */
  readonly output: string;
  /** Variances of its outputs along their principal axes, the largest first. */
  readonly variances: Float64Array;
  /** Numbers that one output value depends on: inputs times taps. */
  readonly taps: number;
}

/** Ranks fill onnxruntime's vector blocks like any channel count. */
const ALIGN = 16;

/**
 * Chooses how many principal axes of each layer's outputs are computed, so that the layers lose the given number of weights and
 * the shares of variance that are left out add up to the least (a Lagrange multiplier, found by halving).
 *
 * @param saving Weights to save. @returns Ranks by output; a layer that is left out stays whole.
 * @throws {PruneError} `bad_ratio` when even the narrowest layers don't save as much.
 */
export function chooseRanks(candidates: readonly RankCandidate[], saving: number): Map<string, number> {
  const options = candidates.map(optionsOf);
  const chosenAt = (price: number): RankOption[] =>
    options.map((layer) =>
      layer.reduce((best, option) => (costAt(option, price) < costAt(best, price) ? option : best)),
    );
  const savedAt = (price: number): number => chosenAt(price).reduce((sum, option) => sum + option.saved, 0);
  const most = options.reduce((sum, layer) => sum + Math.max(...layer.map(({ saved }) => saved)), 0);
  if (most < saving) {
    throw new PruneError('bad_ratio', `Expected at most ${most} weights to save by narrowing layers, got ${saving}`);
  }
  // In powers of ten: one lost weight is worth from next to nothing to a whole layer's variance.
  let [low, high] = [-16, 1];
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (savedAt(10 ** middle) >= saving) high = middle;
    else low = middle;
  }
  const chosen = chosenAt(10 ** high);
  return new Map(
    chosen.flatMap(({ rank }, index) => (rank === undefined ? [] : [[candidates[index]?.output ?? '', rank]])),
  );
}

interface RankOption {
  /** undefined where the layer stays whole. */
  readonly rank: number | undefined;
  readonly saved: number;
  /** Share of the variance that is left out, 0..1. */
  readonly lost: number;
}

const costAt = ({ lost, saved }: RankOption, price: number): number => lost - price * saved;

function optionsOf({ variances, taps }: RankCandidate): RankOption[] {
  const outputs = variances.length;
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const options: RankOption[] = [{ rank: undefined, saved: 0, lost: 0 }];
  if (total === 0) return options;
  let left = total;
  for (let rank = 1; rank < outputs; rank++) {
    left -= variances[rank - 1] ?? 0;
    const saved = outputs * taps - rank * (taps + outputs);
    if (rank % ALIGN === 0 && saved > 0) options.push({ rank, saved, lost: Math.max(0, left) / total });
  }
  return options;
}
