import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Details, Item } from '../protocol.ts';
import { addressOf } from './api.ts';
import { GroundPicker } from './ground-picker.tsx';
import type { Look, Mode, Zoom } from './photo-view.tsx';
import { Picture } from './picture.tsx';
import { words } from './state.ts';

interface StageProps {
  readonly item: Item;
  readonly details: Details | null;
  readonly look: Look;
  readonly onLook: (changes: Partial<Look>) => void;
}

/** The photo and what was made of it, as large as there is room, or pixel by pixel. */
export function Stage({ item, details, look, onLook }: StageProps) {
  const { value: w } = words;
  const output = item.outputs[look.output];
  const isInPlace = output?.isInPlace === true;
  const scroller = useRef<HTMLDivElement>(null);
  // Pixel by pixel, the middle first: the corner of a photo is seldom what one wants to see.
  useLayoutEffect(() => {
    const { current: box } = scroller;
    box?.scrollTo((box.scrollWidth - box.clientWidth) / 2, (box.scrollHeight - box.clientHeight) / 2);
  }, [look.zoom, look.mode === 'side']);
  const mode = look.mode === 'slider' && !isInPlace ? 'side' : look.mode;
  return (
    <section class="stage" aria-label={w.view}>
      <div ref={scroller} class={`scroll zoom-${look.zoom}`}>
        {output === undefined || item.status === 'rejected' ? (
          <Frame item={item} look={look}>
            <Picture address={addressOf.photo(item, 'full')} text={`${w.before}: ${item.key}`} />
          </Frame>
        ) : (
          <Shown item={item} look={{ ...look, mode }} />
        )}
      </div>
      {details?.photo === 'missing' && <p class="remark">{w.photoMissing}</p>}
      {details?.photo === 'replaced' && <p class="remark">{w.photoReplaced}</p>}
      {look.mode === 'slider' && output !== undefined && !isInPlace && <p class="remark">{w.notInPlace}</p>}
      <div class="stage-tools">
        <Modes now={mode} canSlide={isInPlace} onPick={(picked) => onLook({ mode: picked })} />
        <Zooms now={look.zoom} onPick={(zoom) => onLook({ zoom })} />
        {item.outputs.length > 1 && (
          <label class="field inline">
            {w.outputs}
            <select
              value={String(look.output)}
              onChange={({ currentTarget }) => onLook({ output: Number(currentTarget.value) })}
            >
              {item.outputs.map(({ preset }, i) => (
                <option key={preset} value={String(i)}>
                  {preset}
                </option>
              ))}
            </select>
          </label>
        )}
        <GroundPicker />
      </div>
    </section>
  );
}

function Shown({ item, look }: { readonly item: Item; readonly look: Look }) {
  const { value: w } = words;
  const before = <Picture address={addressOf.photo(item, 'full')} text={`${w.before}: ${item.key}`} />;
  const after = (
    <Picture class="ground" address={addressOf.output(item, look.output, 'full')} text={`${w.after}: ${item.key}`} />
  );
  switch (look.mode) {
    case 'slider':
      return (
        <Frame item={item} look={look}>
          <Slider before={before} after={after} />
        </Frame>
      );
    case 'side':
      return (
        <div class="pair">
          <Frame item={item} look={look} label={w.before}>
            {before}
          </Frame>
          <Frame item={item} look={look} label={w.after} isOutput>
            {after}
          </Frame>
        </div>
      );
    case 'cutout':
      return (
        <Frame item={item} look={look} isOutput>
          {after}
        </Frame>
      );
    case 'mask':
      return (
        <Frame item={item} look={look}>
          <Picture address={addressOf.mask(item)} text={`${w.modes.mask}: ${item.key}`} waiting={w.makingMask} />
        </Frame>
      );
  }
}

interface FrameProps {
  readonly item: Item;
  readonly look: Look;
  readonly label?: string;
  /** Of the output's size instead of the photo's. */
  readonly isOutput?: boolean;
  readonly children: preact.ComponentChildren;
}

/** Gives pictures their shape, and at a fixed zoom their size in pixels. */
function Frame({ item, look, label, isOutput = false, children }: FrameProps) {
  const output = item.outputs[look.output];
  const width = (isOutput ? output?.width : item.width) ?? 4;
  const height = (isOutput ? output?.height : item.height) ?? 3;
  const size = look.zoom === 'fit' ? {} : { width: `${width * look.zoom}px`, height: `${height * look.zoom}px` };
  return (
    <figure class="frame" style={{ '--ratio': String(width / height), ...size }}>
      <div class="canvas">{children}</div>
      {label !== undefined && <figcaption>{label}</figcaption>}
    </figure>
  );
}

interface SliderProps {
  readonly before: preact.ComponentChildren;
  readonly after: preact.ComponentChildren;
}

/** The photo left of a line that follows the pointer, or the arrow keys, and the cutout right of it. */
export function Slider({ before, after }: SliderProps) {
  const at = useSignal(50);
  return (
    <div
      class="slider"
      style={{ '--at': `${at.value}%` }}
      onPointerMove={({ currentTarget, clientX, buttons, pointerType }) => {
        if (pointerType === 'mouse' && buttons === 0) return;
        const { left, width } = currentTarget.getBoundingClientRect();
        at.value = Math.min(100, Math.max(0, ((clientX - left) / width) * 100));
      }}
    >
      {before}
      <div class="upper">{after}</div>
      <div class="divider" aria-hidden="true" />
      <input
        type="range"
        min="0"
        max="100"
        step="1"
        aria-label={words.value.divider}
        value={String(Math.round(at.value))}
        onInput={({ currentTarget }) => (at.value = Number(currentTarget.value))}
      />
    </div>
  );
}

interface ModesProps {
  readonly now: Mode;
  readonly canSlide: boolean;
  readonly onPick: (mode: Mode) => void;
}

function Modes({ now, canSlide, onPick }: ModesProps) {
  const { value: w } = words;
  const modes: readonly Mode[] = ['slider', 'side', 'cutout', 'mask'];
  return (
    <fieldset class="segments">
      <legend class="unseen">{w.view}</legend>
      {modes.map((mode) => (
        <label key={mode}>
          <input
            type="radio"
            name="mode"
            checked={now === mode}
            disabled={mode === 'slider' && !canSlide}
            onChange={() => onPick(mode)}
          />
          {w.modes[mode]}
        </label>
      ))}
    </fieldset>
  );
}

function Zooms({ now, onPick }: { readonly now: Zoom; readonly onPick: (zoom: Zoom) => void }) {
  const { value: w } = words;
  const zooms: readonly Zoom[] = ['fit', 1, 2, 4];
  return (
    <fieldset class="segments">
      <legend class="unseen">{w.zoom}</legend>
      {zooms.map((zoom) => (
        <label key={zoom}>
          <input type="radio" name="zoom" checked={now === zoom} onChange={() => onPick(zoom)} />
          {zoom === 'fit' ? w.fit : `${zoom * 100} %`}
        </label>
      ))}
    </fieldset>
  );
}
