import { useSignal } from '@preact/signals';
import type { RunState } from '../protocol.ts';
import { api } from './api.ts';
import { explain, isAdding, runs, session, takeRun, words } from './state.ts';
import { uploads } from './uploads.ts';

/** What is being worked on, wherever one looks. */
export function WorkBar() {
  const { value: w } = words;
  const hidden = useSignal<ReadonlySet<string>>(new Set());
  const latest = runs.value
    .filter(isWorthALine)
    .filter(({ id }) => !hidden.value.has(id))
    .slice(-3);
  if (latest.length === 0 && uploads.value === null) return null;
  return (
    <section class="work-bar" aria-label={w.runs}>
      <Incoming />
      {latest.map((run) => (
        <Run key={run.id} run={run} onHide={() => (hidden.value = new Set([...hidden.value, run.id]))} />
      ))}
    </section>
  );
}

/** A run that ended well has nothing more to say once there is another. */
function isWorthALine({ state, failures }: RunState, at: number, all: readonly RunState[]): boolean {
  return state !== 'done' || failures.length > 0 || at === all.length - 1;
}

function Incoming() {
  const { value: w } = words;
  const { value: now } = uploads;
  if (now === null) return null;
  const isOver = now.done === now.total;
  return (
    <div class="run">
      <span>{w.uploading(now.done.toLocaleString(w.language), now.total.toLocaleString(w.language))}</span>
      <progress max={now.total} value={now.done} aria-label={w.runs} />
      {now.refused.length > 0 && (
        <button type="button" class="bad" onClick={() => (isAdding.value = true)}>
          {w.notTaken(now.refused.length.toLocaleString(w.language))}
        </button>
      )}
      {isOver && (
        <button type="button" class="plain" aria-label={w.dismiss} onClick={() => (uploads.value = null)}>
          ×
        </button>
      )}
    </div>
  );
}

function Run({ run, onHide }: { readonly run: RunState; readonly onHide: () => void }) {
  const { value: w } = words;
  const { id, state, choice, total, finished, failures, message } = run;
  // A stack's workers carry a network of their own, whatever is chosen for trials.
  const knowsModel = session.value?.canChooseModel ?? true;
  const isOver = state === 'done' || state === 'failed' || state === 'stopped';
  return (
    <div class={`run ${state}`}>
      <span>
        <b aria-live="polite">{w.states[state]}</b>{' '}
        <span class="quiet">{[...(knowsModel ? [choice.model] : []), choice.presets.join(', ')].join(' · ')}</span>
      </span>
      <progress max={total} value={finished} aria-label={w.states[state]} />
      <span>{w.progress(finished.toLocaleString(w.language), total.toLocaleString(w.language))}</span>
      {(state === 'stopped' || state === 'failed') && (
        <button
          type="button"
          onClick={() => {
            onHide();
            api.goOn(id).then(takeRun, explain);
          }}
        >
          {w.goOn}
        </button>
      )}
      {isOver ? (
        <button type="button" class="plain" aria-label={w.dismiss} onClick={onHide}>
          ×
        </button>
      ) : (
        <button type="button" onClick={() => void api.stop(id).catch(explain)}>
          {w.stop}
        </button>
      )}
      {message !== null && <p class="bad">{message}</p>}
      {failures.length > 0 && (
        <details>
          <summary class="bad">{w.notTaken(failures.length.toLocaleString(w.language))}</summary>
          <ul>
            {failures.map((failure) => (
              <li key={failure.key}>
                <bdi>{failure.key}</bdi>: {failure.message}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
