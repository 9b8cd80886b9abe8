import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Details, Trial } from '../protocol.ts';
import { api } from './api.ts';
import { Brush } from './brush.tsx';
import { useShortcuts } from './shortcuts.ts';
import { Side } from './side.tsx';
import { Stage } from './stage.tsx';
import { decide, explain, type Ground, ground, items, opened, step, undo, undoCount, words } from './state.ts';
import { TrialStage } from './trial-stage.tsx';

export type Mode = 'slider' | 'side' | 'cutout' | 'mask';
export type Zoom = 'fit' | 1 | 2 | 4;

/** What is shown of the open photo. */
export interface Look {
  readonly mode: Mode;
  readonly zoom: Zoom;
  /** Which of its outputs. */
  readonly output: number;
}

const MODES: readonly Mode[] = ['slider', 'side', 'cutout', 'mask'];
const GROUNDS: readonly Ground[] = ['checkers', 'white', 'black', 'own'];

/** One photo: what became of it, why to look, and what to do about it. */
export function PhotoView() {
  const now = opened.value;
  const item = now === null ? undefined : items.value.get(now.key);
  const details = useSignal<Details | null>(null);
  const trial = useSignal<Trial | null>(null);
  const work = useSignal<'look' | 'brush' | 'trial'>('look');
  const look = useSignal<Look>({ mode: 'slider', zoom: 'fit', output: 0 });

  useEffect(() => {
    work.value = 'look';
    trial.value = null;
    look.value = { ...look.value, output: 0 };
  }, [now?.key]);
  useEffect(() => {
    if (item === undefined) return;
    let isCurrent = true;
    const { key } = item;
    api.details(key).then(
      (found) => {
        if (isCurrent) details.value = found;
      },
      (error: unknown) => {
        if (isCurrent) explain(error);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [item?.key, item?.etag]);

  const canDecide = item?.status === 'done';
  const change = (changes: Partial<Look>) => {
    look.value = { ...look.value, ...changes };
  };
  useShortcuts(
    {
      a: () => canDecide && void decide(item, 'approved'),
      r: () => canDecide && void decide(item, 'refused'),
      j: () => step(1),
      k: () => step(-1),
      ArrowRight: () => step(1),
      ArrowLeft: () => step(-1),
      u: () => void undo(),
      b: () => {
        if (canDecide && details.value?.photo === 'there') work.value = 'brush';
      },
      t: () => (work.value = 'trial'),
      c: () => change({ mode: following(MODES, look.value.mode) }),
      m: () => change({ mode: look.value.mode === 'mask' ? 'slider' : 'mask' }),
      z: () => change({ zoom: look.value.zoom === 'fit' ? 1 : 'fit' }),
      g: () => (ground.value = following(GROUNDS, ground.value)),
      Escape: () => (opened.value = null),
    },
    work.value !== 'brush',
  );

  if (now === null) return null;
  if (item === undefined) return <Gone />;
  const found = details.value?.item.key === item.key ? details.value : null;
  const back = () => {
    work.value = 'look';
    trial.value = null;
  };
  return (
    <div class="photo-view">
      <Bar now={now} />
      <div class="stage-area">
        {work.value === 'brush' ? (
          <Brush item={item} onEnd={back} />
        ) : trial.value !== null ? (
          <TrialStage item={item} trial={trial.value} onEnd={back} />
        ) : (
          <Stage item={item} details={found} look={look.value} onLook={change} />
        )}
      </div>
      <Side
        item={item}
        details={found}
        isTrying={work.value === 'trial'}
        onBrush={() => (work.value = 'brush')}
        onTry={(isTrying) => (work.value = isTrying ? 'trial' : 'look')}
        onTrial={(done) => (trial.value = done)}
      />
    </div>
  );
}

function Bar({ now }: { readonly now: { readonly key: string; readonly queue: readonly string[] } }) {
  const { value: w } = words;
  const { key, queue } = now;
  const at = queue.indexOf(key);
  const position = w.position((at + 1).toLocaleString(w.language), queue.length.toLocaleString(w.language));
  return (
    <div class="photo-bar">
      <button type="button" onClick={() => (opened.value = null)} aria-label={w.back} aria-keyshortcuts="Escape">
        ← <span class="wide">{w.gallery}</span>
      </button>
      <h2 title={key}>
        <bdi>{key}</bdi>
      </h2>
      <span class="quiet">{position}</span>
      <button type="button" disabled={undoCount.value === 0} aria-keyshortcuts="u" onClick={() => void undo()}>
        {w.undo} <kbd>U</kbd>
      </button>
      <button type="button" disabled={at <= 0} aria-keyshortcuts="k" onClick={() => step(-1)}>
        ‹ <span class="unseen">{w.previous}</span>
        <kbd>K</kbd>
      </button>
      <button type="button" disabled={at + 1 >= queue.length} aria-keyshortcuts="j" onClick={() => step(1)}>
        › <span class="unseen">{w.next}</span>
        <kbd>J</kbd>
      </button>
    </div>
  );
}

/** The photo's record was removed while it was open. */
function Gone() {
  const { value: w } = words;
  const { vanished } = w.refusals;
  return (
    <div class="center">
      <p>{vanished}</p>
      <button
        type="button"
        onClick={() => {
          if (!step(1)) opened.value = null;
        }}
      >
        {w.next}
      </button>
      <button type="button" onClick={() => (opened.value = null)}>
        {w.back}
      </button>
    </div>
  );
}

function following<T>(list: readonly T[], now: T): T {
  return list[(list.indexOf(now) + 1) % list.length] ?? now;
}
