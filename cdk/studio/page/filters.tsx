import type { Item } from '../protocol.ts';
import { countBy, type Filter, hashOf, NO_FILTER, STANDINGS, type Standing, standingOf } from './filter.ts';
import { filter, items, words } from './state.ts';
import { shareText } from './texts.ts';
import { ruleText } from './why.tsx';

/** Steps of how sure a cutout is, for whoever wants to approve the surest at once. */
const SHARES: readonly number[] = [0.5, 0.8, 0.9, 0.95, 0.98];

/** What the gallery shows, and in which order. */
export function Filters() {
  const { value: w } = words;
  const all = [...items.value.values()];
  const { value: now } = filter;
  const isFiltered = hashOf({ ...now, sort: NO_FILTER.sort }) !== '';
  return (
    <aside class="filters" aria-label={w.filters}>
      <Standings all={all} />
      <label class="field">
        {w.search}
        <input type="search" value={now.text} onInput={({ currentTarget }) => change({ text: currentTarget.value })} />
      </label>
      <Pick
        label={w.reasonFilter}
        now={now.reason}
        options={countBy(all, ({ reasons }) => reasons).map(([value, count]) => [value, doubtText(value), count])}
        onPick={(reason) => change({ reason })}
      />
      <Pick
        label={w.ruleFilter}
        now={now.rule}
        options={countBy(all, ({ broken }) => broken).map(([value, count]) => [value, ruleText(value), count])}
        onPick={(rule) => change({ rule })}
      />
      <label class="field">
        {w.atLeast}
        <select
          value={now.atLeast === null ? '' : String(now.atLeast)}
          onChange={({ currentTarget }) => change({ atLeast: Number(currentTarget.value) || null })}
        >
          <option value="">{w.any}</option>
          {[...new Set([...SHARES, ...(now.atLeast === null ? [] : [now.atLeast])])].sort().map((share) => (
            <option key={share} value={String(share)}>
              {w.orMore(shareText(share))}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {w.sort}
        <select value={now.sort} onChange={({ currentTarget }) => change({ sort: sortOf(currentTarget.value) })}>
          <option value="doubtful">{w.sorts.doubtful}</option>
          <option value="sure">{w.sorts.sure}</option>
          <option value="name">{w.sorts.name}</option>
        </select>
      </label>
      {isFiltered && (
        <button type="button" onClick={() => (filter.value = { ...NO_FILTER, sort: now.sort })}>
          {w.clearFilters}
        </button>
      )}
    </aside>
  );
}

function change(changes: Partial<Filter>): void {
  filter.value = { ...filter.value, ...changes };
}

function sortOf(value: string): Filter['sort'] {
  return value === 'sure' || value === 'name' ? value : 'doubtful';
}

/** The sentence's first half says enough in a list. */
function doubtText(reason: string): string {
  const doubts: Readonly<Record<string, string>> = words.value.doubts;
  return (doubts[reason] ?? reason).split(/[,:，：.。]/)[0] ?? reason;
}

function Standings({ all }: { readonly all: readonly Item[] }) {
  const { value: w } = words;
  const counts = new Map(countBy(all, (item) => [standingOf(item)]));
  const choices: readonly (Standing | null)[] = [null, ...STANDINGS];
  return (
    <fieldset class="standings">
      <legend>{w.show}</legend>
      {choices.map((one) => (
        <label key={one} class={one ?? 'every'}>
          <input
            type="radio"
            name="standing"
            checked={filter.value.standing === one}
            onChange={() => change({ standing: one })}
          />
          <i aria-hidden="true" />
          <span>{one === null ? w.all : w.standings[one]}</span>
          <b>{(one === null ? all.length : (counts.get(one) ?? 0)).toLocaleString(w.language)}</b>
        </label>
      ))}
    </fieldset>
  );
}

interface PickProps {
  readonly label: string;
  readonly now: string | null;
  /** Value, text, how many. */
  readonly options: readonly (readonly [string, string, number])[];
  readonly onPick: (value: string | null) => void;
}

function Pick({ label, now, options, onPick }: PickProps) {
  if (options.length === 0 && now === null) return null;
  return (
    <label class="field">
      {label}
      <select value={now ?? ''} onChange={({ currentTarget }) => onPick(currentTarget.value || null)}>
        <option value="">{words.value.any}</option>
        {options.map(([value, text, count]) => (
          <option key={value} value={value}>
            {`${text} (${count.toLocaleString(words.value.language)})`}
          </option>
        ))}
      </select>
    </label>
  );
}
