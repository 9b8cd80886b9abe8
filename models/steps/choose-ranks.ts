import { PruneError } from '../channels/errors.ts';
import type { Cost } from '../onnx/cost.ts';

/** What a layer's outputs vary along, and what the layer costs. */
export interface RankCandidate {
  /** The layer's output value. */
  readonly output: string;
  /** Variances of its outputs along their principal axes, the largest first. */
  readonly variances: Float64Array;
  /** Numbers that one output value depends on: inputs times taps. */
  readonly taps: number;
  /** Of these, what is computed for each pixel when enlarging comes after; undefined where nothing is enlarged. */
  readonly lateTaps?: number | undefined;
  /** Of its output. */
  readonly pixels: number;
  /** What its whole variance counts beside that of other layers. @default 1 */
  readonly weight?: number | undefined;
}

/** How narrow a layer becomes. */
export interface Rank {
  readonly rank: number;
  /** Whether it is computed before what it reads is enlarged. */
  readonly isLate: boolean;
}

export interface RankChoice {
  /** Cost to save, in its unit. */
  readonly saving: number;
  readonly unit: keyof Cost;
  /** How much a share of all MACs counts beside the same share of that cost, when layers are weighed against each other. */
  readonly speed: number;
  /** Of the whole network. */
  readonly total: Cost;
}

/** Ranks fill onnxruntime's vector blocks like any channel count. */
const ALIGN = 16;
/** Share of a layer's variance that is lost when enlarging comes after: .001 to .004 in U2-Net. */
const LATE_LOSS = 0.003;

/**
 * Chooses how many principal axes of each layer's outputs are computed, so that the layers save the given cost and
 * as little variance is left out for what that is worth as can be (a Lagrange multiplier, found by halving).
 *
 * @returns Ranks by output; a layer that is left out stays whole.
 * @throws {PruneError} `bad_ratio` when even the narrowest layers don't save as much.
 */
export function chooseRanks(candidates: readonly RankCandidate[], choice: RankChoice): Map<string, Rank> {
  const { saving } = choice;
  if (saving <= 0) return new Map();
  const options = candidates.map((candidate) => optionsOf(candidate, choice));
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

/** What a layer saves by becoming narrow; less than 0 where the way back costs more. */
export function savedBy({ variances, taps, lateTaps, pixels }: RankCandidate, { rank, isLate }: Rank): Cost {
  const outputs = variances.length;
  const back = outputs * (isLate ? 2 : 1);
  return {
    parameters: outputs * taps - rank * (taps + back),
    macs: pixels * (outputs * taps - rank * ((isLate ? (lateTaps ?? taps) : taps) + back)),
  };
}

interface RankOption {
  /** undefined where the layer stays whole. */
  readonly rank: Rank | undefined;
  readonly saved: number;
  readonly worth: number;
  /** Share of the variance that is left out, 0..1, times what the layer counts. */
  readonly lost: number;
}

const costAt = ({ lost, worth }: RankOption, price: number): number => lost - price * worth;

function optionsOf(candidate: RankCandidate, choice: RankChoice): RankOption[] {
  const { variances, weight = 1 } = candidate;
  const { unit, speed, total } = choice;
  const outputs = variances.length;
  const whole = variances.reduce((sum, variance) => sum + variance, 0);
  const options: RankOption[] = [{ rank: undefined, saved: 0, worth: 0, lost: 0 }];
  if (whole === 0) return options;
  let left = whole;
  for (let rank = 1; rank <= outputs; rank++) {
    left -= variances[rank - 1] ?? 0;
    if (rank % ALIGN !== 0) continue;
    const lost = Math.max(0, left) / whole;
    const add = (isLate: boolean): void => {
      const saved = savedBy(candidate, { rank, isLate });
      // Most weights lie where few pixels are: who counts weights alone narrows nothing where most of the time goes.
      const worth = saved[unit] / total[unit] + (speed * saved.macs) / total.macs;
      const loss = weight * (lost + (isLate ? LATE_LOSS : 0));
      if (worth > 0) options.push({ rank: { rank, isLate }, saved: saved[unit], worth, lost: loss });
    };
    add(false);
    if (candidate.lateTaps !== undefined) add(true);
  }
  return options;
}
