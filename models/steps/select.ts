import type { ChannelGroup, ChannelGroups } from '../channels/channel-groups.ts';
import { PruneError } from '../channels/errors.ts';
import { type CostModel, startCount } from './cost-model.ts';
import type { Scores } from './score.ts';

export interface SelectOptions {
  /** Share of the cost to take away, 0..1, 1 excluded. */
  readonly ratio: number;
  /**
   * - `per-cost`: what is worth least for what it costs goes first.
   * - `global`: what is worth least goes first, wherever it is.
   * - `uniform`: every group loses the same share.
   */
  readonly mode: 'per-cost' | 'global' | 'uniform';
  /** Channel counts become multiples of this. */
  readonly align: number;
  /** Share of each group that stays at least, 0..1. */
  readonly floor: number;
}

/** Group sizes fill onnxruntime's vector blocks at multiples of 16; unaligned cuts took no less time for fewer operations. */
export const SELECT_DEFAULTS = { mode: 'per-cost', align: 16, floor: 0.125 } as const satisfies Partial<SelectOptions>;

/** A group with its channels worst first, and how many of them must stay. */
interface Candidate {
  readonly channels: readonly number[];
  readonly scores: readonly number[];
  readonly least: number;
}

/**
 * Chooses the channels to cut until the given share of the cost is gone.
 *
 * @throws {PruneError} `bad_ratio` when the floors leave less than that to cut.
 */
export function select(groups: ChannelGroups, scores: Scores, cost: CostModel, options: SelectOptions): Set<number> {
  const { ratio, mode } = options;
  if (!(ratio >= 0 && ratio < 1)) throw new PruneError('bad_ratio', `Expected a ratio from 0 to below 1, got ${ratio}`);
  const candidates = groups.groups
    .filter((group) => !group.isFixed)
    .map((group) => candidateOf(group, scores, options));
  const cut = mode === 'uniform' ? selectUniform(candidates, cost, options) : selectGreedy(candidates, cost, options);
  const reached = 1 - startCount(cost, cut).total / startCount(cost, new Set()).total;
  if (reached < ratio) {
    throw new PruneError(
      'bad_ratio',
      `Expected a ratio that the floors allow, got ${ratio}: at most ${(Math.floor(reached * 1000) / 1000).toFixed(3)} can go with floor ${options.floor} and multiples of ${options.align}`,
    );
  }
  return cut;
}

function candidateOf({ channels }: ChannelGroup, scores: Scores, { align, floor }: SelectOptions): Candidate {
  const ordered = channels.toSorted((a, b) => (scores.get(a) ?? 0) - (scores.get(b) ?? 0));
  const least = Math.min(channels.length, Math.ceil(Math.max(1, floor * channels.length) / align) * align);
  return { channels: ordered, scores: ordered.map((channel) => scores.get(channel) ?? 0), least };
}

/** Cuts one block of channels after the other, the cheapest loss first, until the ratio is reached. */
function selectGreedy(
  candidates: readonly Candidate[],
  cost: CostModel,
  { ratio, mode, align }: SelectOptions,
): Set<number> {
  const count = startCount(cost, new Set());
  const target = count.total * (1 - ratio);
  const gone = candidates.map(() => 0);
  while (count.total > target) {
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, candidate] of candidates.entries()) {
      const block = nextBlock(candidate, gone[index] ?? 0, align);
      if (block.length === 0) continue;
      const from = gone[index] ?? 0;
      const loss = candidate.scores.slice(from, from + block.length).reduce((a, b) => a + b, 0);
      const price = mode === 'global' ? loss / block.length : loss / Math.max(count.savingOf(block), Number.MIN_VALUE);
      if (price < least) [best, least] = [index, price];
    }
    const chosen = candidates[best];
    if (chosen === undefined) break;
    const block = nextBlock(chosen, gone[best] ?? 0, align);
    count.remove(block);
    gone[best] = (gone[best] ?? 0) + block.length;
  }
  return new Set(candidates.flatMap(({ channels }, index) => channels.slice(0, gone[index])));
}

/** The next channels of a group to go, so many that a multiple stays; none when the floor is reached. */
function nextBlock({ channels, least }: Candidate, gone: number, align: number): readonly number[] {
  const left = channels.length - gone;
  const after = Math.max(0, Math.ceil(left / align) - 1) * align;
  return after < least ? [] : channels.slice(gone, gone + left - after);
}

/** The smallest common share that reaches the ratio, found by halving. */
function selectUniform(
  candidates: readonly Candidate[],
  cost: CostModel,
  { ratio, align }: SelectOptions,
): Set<number> {
  const total = startCount(cost, new Set()).total;
  const cutAt = (share: number): Set<number> =>
    new Set(
      candidates.flatMap(({ channels, least }) => {
        const wanted = Math.round((channels.length * (1 - share)) / align) * align;
        return channels.slice(0, channels.length - Math.min(channels.length, Math.max(least, wanted)));
      }),
    );
  let [low, high] = [0, 1];
  for (let round = 0; round < 20; round++) {
    const middle = (low + high) / 2;
    if (1 - startCount(cost, cutAt(middle)).total / total >= ratio) high = middle;
    else low = middle;
  }
  return cutAt(high);
}
