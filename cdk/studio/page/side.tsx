import type { Details, Item, Trial } from '../protocol.ts';
import { standingOf } from './filter.ts';
import { decide, words } from './state.ts';
import { bytesText, shareText, timeText } from './texts.ts';
import { TrialForm } from './trial-form.tsx';
import { Why } from './why.tsx';

interface SideProps {
  readonly item: Item;
  readonly details: Details | null;
  readonly isTrying: boolean;
  readonly onBrush: () => void;
  readonly onTry: (isTrying: boolean) => void;
  readonly onTrial: (trial: Trial) => void;
}

/** What is known of the open photo, and what can be done about it. */
export function Side({ item, details, isTrying, onBrush, onTry, onTrial }: SideProps) {
  const { value: w } = words;
  const standing = standingOf(item);
  return (
    <aside class="side" aria-label={w.record}>
      <p class={`verdict ${standing}`}>
        <i aria-hidden="true" /> {w.standings[standing]}
        {item.confidence !== null && <span class="quiet"> {w.sure(shareText(item.confidence))}</span>}
      </p>
      {item.status === 'done' && <Decisions item={item} />}
      <h3>{w.whyLook}</h3>
      {details === null ? <p class="quiet">{w.loading}</p> : <Why record={details.record} />}
      <div class="ways">
        <button type="button" aria-expanded={isTrying} aria-keyshortcuts="t" onClick={() => onTry(!isTrying)}>
          {w.tryAnother} <kbd>T</kbd>
        </button>
        {item.status === 'done' && (
          <button type="button" disabled={details?.photo !== 'there'} aria-keyshortcuts="b" onClick={onBrush}>
            {w.brush} <kbd>B</kbd>
          </button>
        )}
      </div>
      {isTrying && <TrialForm item={item} onTrial={onTrial} />}
      {details !== null && <Facts details={details} />}
    </aside>
  );
}

function Decisions({ item }: { readonly item: Item }) {
  const { value: w } = words;
  return (
    <div class="decisions">
      <button
        type="button"
        class="approve"
        aria-pressed={item.decision === 'approved'}
        aria-keyshortcuts="a"
        onClick={() => void decide(item, 'approved')}
      >
        {w.approve} <kbd>A</kbd>
      </button>
      <button
        type="button"
        class="refuse"
        aria-pressed={item.decision === 'refused'}
        aria-keyshortcuts="r"
        onClick={() => void decide(item, 'refused')}
      >
        {w.refuse} <kbd>R</kbd>
      </button>
      {item.decision !== null && (
        <button type="button" onClick={() => void decide(item, null)}>
          {w.undecide}
        </button>
      )}
    </div>
  );
}

function Facts({ details }: { readonly details: Details }) {
  const { value: w } = words;
  const { item, record } = details;
  const { facts } = w;
  const done = record.status === 'done' ? record : null;
  const ms = Object.values(record.timesMs).reduce((sum, stage) => sum + stage, 0);
  const rows: readonly (readonly [string, string | null])[] = [
    [facts.sku, item.sku],
    [facts.model, item.model],
    [facts.preset, item.preset.replaceAll(',', ', ')],
    [facts.size, item.width === null ? null : `${item.width} × ${item.height}`],
    [facts.confidence, item.confidence === null ? null : shareText(item.confidence)],
    [facts.coverage, done === null ? null : shareText(done.mask.coverage)],
    [facts.time, ms > 0 ? timeText(ms) : null],
    [facts.decidedAt, done?.decision === undefined ? null : w.dayAndTime(done.decision.at)],
    [facts.retouched, done?.retouchedAt === undefined ? null : w.dayAndTime(done.retouchedAt)],
    ...item.outputs.map(
      ({ preset, format, width, height, bytes }) =>
        [preset, `${format.toUpperCase()} ${width} × ${height}, ${bytesText(bytes)}`] as const,
    ),
  ];
  return (
    <>
      <h3>{w.record}</h3>
      <dl>
        {rows.map(
          ([name, value]) =>
            value !== null && (
              <div key={name + value}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      <details>
        <summary>{w.wholeRecord}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <pre tabIndex={0}>{JSON.stringify(record, null, 2)}</pre>
      </details>
    </>
  );
}
