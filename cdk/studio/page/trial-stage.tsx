import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Item, Trial } from '../protocol.ts';
import { addressOf, api } from './api.ts';
import { GroundPicker } from './ground-picker.tsx';
import { Picture } from './picture.tsx';
import { explain, take, words } from './state.ts';
import { shareText, timeText } from './texts.ts';

interface TrialStageProps {
  readonly item: Item;
  readonly trial: Trial;
  readonly onEnd: () => void;
}

/** What stands and another way, side by side, to choose one of them. */
export function TrialStage({ item, trial, onEnd }: TrialStageProps) {
  const { value: w } = words;
  const isClose = useSignal(false);
  const stage = useRef<HTMLElement>(null);
  // On a narrow screen the form that asked for it hides what came of it.
  useEffect(() => stage.current?.scrollIntoView({ block: 'nearest' }), [trial.id]);
  const { record } = trial;
  const keep = async () => {
    try {
      take([await api.keep(trial.id, item.etag)]);
      onEnd();
    } catch (error) {
      explain(error);
    }
  };
  return (
    <section ref={stage} class="stage" aria-label={w.tryAnother}>
      <div class={`scroll zoom-${isClose.value ? 1 : 'fit'}`}>
        <div class="pair">
          <Shown
            title={w.stands}
            text={`${item.model} · ${item.preset}${item.confidence === null ? '' : ` · ${w.sure(shareText(item.confidence))}`}`}
            address={item.outputs.length > 0 ? addressOf.output(item, 0, 'full') : addressOf.photo(item, 'full')}
            size={isClose.value ? item.outputs[0] : undefined}
            ratio={ratioOf(item)}
          />
          <Shown
            title={w.trial}
            text={
              record.status === 'done'
                ? `${record.model.id} · ${record.preset} · ${w.sure(shareText(record.confidence))} · ${timeText(trial.totalMs)}`
                : w.rejections[record.code]
            }
            address={addressOf.trial(trial.id, 0)}
            size={isClose.value ? trial.item.outputs[0] : undefined}
            ratio={ratioOf(trial.item)}
          />
        </div>
      </div>
      <div class="stage-tools">
        <button type="button" class="primary" disabled={record.status !== 'done'} onClick={() => void keep()}>
          {w.keepTrial}
        </button>
        <button type="button" onClick={onEnd}>
          {w.keepStanding}
        </button>
        <label class="line">
          <input
            type="checkbox"
            checked={isClose.value}
            onChange={({ currentTarget }) => (isClose.value = currentTarget.checked)}
          />
          100 %
        </label>
        <GroundPicker />
      </div>
    </section>
  );
}

interface ShownProps {
  readonly title: string;
  readonly text: string;
  readonly address: string;
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly ratio: number;
}

function Shown({ title, text, address, size, ratio }: ShownProps) {
  const style = size === undefined ? {} : { width: `${size.width}px`, height: `${size.height}px` };
  return (
    <figure class="frame" style={{ '--ratio': String(ratio), ...style }}>
      <div class="canvas">
        <Picture class="ground" address={address} text={`${title}: ${text}`} />
      </div>
      <figcaption>
        <b>{title}</b> {text}
      </figcaption>
    </figure>
  );
}

function ratioOf({ outputs, width, height }: Item): number {
  const [first] = outputs;
  return first === undefined ? (width ?? 4) / (height ?? 3) : first.width / first.height;
}
