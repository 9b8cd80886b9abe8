import { PruneError } from '../channels/errors.ts';

/** What a layer's outputs vary along, and what the layer costs. */
export interface RankCandidate {
  /** The layer's output value. */
  readonly output: string;
  /** Variances of its outputs along their principal axes, the largest first. */
  readonly variances: Float64Array;
  /** Numbers that one output value depends on: inputs times taps. */
  readonly taps: number;
  /** What each weight costs, e.g. 1 to count parameters, or the output's pixels to count multiply-accumulates. */
  readonly weightCost: number;
  /** What it is worth to be rid of each weight, in any measure of more than that cost. */
  readonly weightWorth: number;
}

/** Ranks fill onnxruntime's vector blocks like any channel count. */
const ALIGN = 16;

/**
 * Chooses how many principal axes of each layer's outputs are computed, so that the layers save the given cost and
 * as little variance is left out for what that is worth as can be (a Lagrange multiplier, found by halving).
 *
 * @param saving Cost to save. @returns Ranks by output; a layer that is left out stays whole.
 * @throws {PruneError} `bad_ratio` when even the narrowest layers don't save as much.
 */
export function chooseRanks(candidates: readonly RankCandidate[], saving: number): Map<string, number> {
  if (saving <= 0) return new Map();
  const options = candidates.map(optionsOf);
  const chosenAt = (price: number): RankOption[] =>
    options.map((layer) =>
      layer.reduce((best, option) => (costAt(option, price) < costAt(best, price) ? option : best)),
    );
  const savedAt = (price: number): number => chosenAt(price).reduce((sum, option) => sum + option.saved, 0);
  const most = options.reduce((sum, layer) => sum + Math.max(...layer.map(({ saved }) => saved)), 0);
  if (most < saving) {
    throw new PruneError('bad_ratio', `Expected at most ${most} to save by narrowing layers, got ${saving}`);
  }
  // In powers of ten: all that can be saved is worth from a millionth of a layer's variance to a million layers.
  const size = Math.log10(options.reduce((sum, layer) => sum + Math.max(...layer.map(({ worth }) => worth)), 0));
  let [low, high] = [-6 - size, 6 - size];
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
  readonly worth: number;
  /** Share of the variance that is left out, 0..1. */
  readonly lost: number;
}

const costAt = ({ lost, worth }: RankOption, price: number): number => lost - price * worth;

function optionsOf({ variances, taps, weightCost, weightWorth }: RankCandidate): RankOption[] {
  const outputs = variances.length;
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  const options: RankOption[] = [{ rank: undefined, saved: 0, worth: 0, lost: 0 }];
  if (total === 0) return options;
  let left = total;
  for (let rank = 1; rank < outputs; rank++) {
    left -= variances[rank - 1] ?? 0;
    const weights = outputs * taps - rank * (taps + outputs);
    if (rank % ALIGN !== 0 || weights <= 0) continue;
    options.push({ rank, saved: weights * weightCost, worth: weights * weightWorth, lost: Math.max(0, left) / total });
  }
  return options;
}
