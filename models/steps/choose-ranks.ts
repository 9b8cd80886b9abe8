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
  /** Ways to read its sources along few axes. */
  readonly reads?: readonly ReadOption[] | undefined;
  /** What its whole variance counts beside that of other layers. @default 1 */
  readonly weight?: number | undefined;
}

/** A way to read a layer's sources along few axes. */
export interface ReadOption {
  /** By source; undefined where one is read as it is. */
  readonly counts: readonly (number | undefined)[];
  /** Whether the layer is computed before what it reads is enlarged. */
  readonly isLate: boolean;
  /** Weights of the 1 x 1 convolutions it reads through, and how many of them are multiplied for each of its pixels. */
  readonly readers: Cost;
  /** Numbers behind them that one output depends on, and how many of them are multiplied for each of its pixels. */
  readonly thin: Cost;
  /** Variances of its outputs along their principal axes, the largest first. */
  readonly variances: Float64Array;
  /** All variance of its outputs when it reads everything. */
  readonly whole: number;
}

/** How narrow a layer becomes. */
export interface Rank {
  readonly rank: number;
  /** How it reads its sources; undefined where it reads them as they are. */
  readonly read?: ReadOption | undefined;
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

/** Ranks, and the axes that a layer reads along, fill onnxruntime's vector blocks like any channel count. */
export const ALIGN = 16;
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
export function savedBy({ variances, taps, lateTaps, pixels }: RankCandidate, { rank, isLate, read }: Rank): Cost {
  const outputs = variances.length;
  const back = outputs * (isLate ? 2 : 1);
  const readers = read?.readers ?? { parameters: 0, macs: 0 };
  const thin = read?.thin ?? { parameters: taps, macs: isLate ? (lateTaps ?? taps) : taps };
  return {
    parameters: outputs * taps - readers.parameters - rank * (thin.parameters + back),
    macs: pixels * (outputs * taps - readers.macs - rank * (thin.macs + back)),
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
  const whole = variances.reduce((sum, variance) => sum + variance, 0);
  const options: RankOption[] = [{ rank: undefined, saved: 0, worth: 0, lost: 0 }];
  if (whole === 0) return options;
  const add = (rank: Rank, lost: number): void => {
    const saved = savedBy(candidate, rank);
    // Most weights lie where few pixels are: who counts weights alone narrows nothing where most of the time goes.
    const worth = saved[unit] / total[unit] + (speed * saved.macs) / total.macs;
    const loss = weight * (lost + (rank.isLate ? LATE_LOSS : 0));
    if (worth > 0) options.push({ rank, saved: saved[unit], worth, lost: loss });
  };
  for (const { rank, lost } of lostAt(variances, whole)) {
    add({ rank, isLate: false }, lost);
    if (candidate.lateTaps !== undefined) add({ rank, isLate: true }, lost);
  }
  for (const read of candidate.reads ?? []) {
    for (const { rank, lost } of lostAt(read.variances, read.whole)) add({ rank, isLate: read.isLate, read }, lost);
  }
  return options;
}

/** Share of a variance that is left out at each rank. */
function lostAt(variances: Float64Array, whole: number): { rank: number; lost: number }[] {
  let left = whole;
  return [...variances].flatMap((variance, axis) => {
    left -= variance;
    return (axis + 1) % ALIGN === 0 ? [{ rank: axis + 1, lost: Math.max(0, left) / whole }] : [];
  });
}
