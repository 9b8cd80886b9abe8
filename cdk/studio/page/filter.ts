import type { Item } from '../protocol.ts';

/** Where a photo stands for the person who goes through a batch. */
export type Standing = 'review' | 'ok' | 'approved' | 'refused' | 'rejected';

export const STANDINGS: readonly Standing[] = ['review', 'rejected', 'ok', 'approved', 'refused'];

export interface Filter {
  readonly standing: Standing | null;
  readonly reason: string | null;
  /** `<preset>:<check>` */
  readonly rule: string | null;
  /** Surer ones only, 0..1. */
  readonly atLeast: number | null;
  /** Part of a key or a SKU, any case. */
  readonly text: string;
  readonly sort: 'doubtful' | 'sure' | 'name';
}

export const NO_FILTER: Filter = {
  standing: null,
  reason: null,
  rule: null,
  atLeast: null,
  text: '',
  sort: 'doubtful',
};

const SORTS: readonly Filter['sort'][] = ['doubtful', 'sure', 'name'];

/** Reads a filter from an address's part behind `#`. What is not understood there is left out. */
export function filterOf(hash: string): Filter {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const atLeast = Number(fields.get('sure') ?? 'none');
  return {
    standing: STANDINGS.find((one) => one === fields.get('show')) ?? null,
    reason: fields.get('reason'),
    rule: fields.get('rule'),
    atLeast: atLeast > 0 && atLeast <= 1 ? atLeast : null,
    text: fields.get('text') ?? '',
    sort: SORTS.find((one) => one === fields.get('sort')) ?? NO_FILTER.sort,
  };
}

/** Writes a filter as {@link filterOf} reads it. @returns '' where nothing is filtered. */
export function hashOf({ standing, reason, rule, atLeast, text, sort }: Filter): string {
  const fields = Object.entries({ show: standing, reason, rule, sure: atLeast, text, sort });
  const given = fields.filter(([, value]) => value !== null && value !== '' && value !== NO_FILTER.sort);
  const written = given.map(([name, value]): [string, string] => [name, String(value)]);
  return written.length === 0 ? '' : `#${new URLSearchParams(written)}`;
}

export function standingOf({ status, verdict, decision }: Item): Standing {
  if (status === 'rejected') return 'rejected';
  if (decision !== null) return decision;
  return verdict === 'ok' ? 'ok' : 'review';
}

/** @returns What is shown, in its order. Cost: one pass and a sort. */
export function shownItems(items: Iterable<Item>, filter: Filter): Item[] {
  const wanted = filter.text.trim().toLowerCase();
  const shown: Item[] = [];
  for (const item of items) {
    if (filter.standing !== null && standingOf(item) !== filter.standing) continue;
    if (filter.reason !== null && !item.reasons.includes(filter.reason)) continue;
    if (filter.rule !== null && !item.broken.includes(filter.rule)) continue;
    if (filter.atLeast !== null && sureness(item) < filter.atLeast) continue;
    if (wanted !== '' && !`${item.key} ${item.sku ?? ''}`.toLowerCase().includes(wanted)) continue;
    shown.push(item);
  }
  return shown.sort(ORDERS[filter.sort]);
}

const byName = (a: Item, b: Item) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
/** What was turned down has no confidence: it is the first to look at, and the last to be sure of. */
const sureness = ({ confidence }: Item) => confidence ?? -1;

const ORDERS: Readonly<Record<Filter['sort'], (a: Item, b: Item) => number>> = {
  doubtful: (a, b) => sureness(a) - sureness(b) || byName(a, b),
  sure: (a, b) => sureness(b) - sureness(a) || byName(a, b),
  name: byName,
};

/** How often each value occurs, most frequent first. */
export function countBy(items: Iterable<Item>, valuesOf: (item: Item) => readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const item of items) for (const value of valuesOf(item)) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
