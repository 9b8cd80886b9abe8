import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Item } from '../protocol.ts';
import { addressOf, api } from './api.ts';
import { type BrushPictures, loadPictures, maskFile, showInto } from './brush-canvas.ts';
import { type Dirty, strokeInto } from './brush-mask.ts';
import { GroundPicker } from './ground-picker.tsx';
import { advance, explain, items, remember, say, take, words } from './state.ts';

interface BrushProps {
  readonly item: Item;
  readonly onEnd: () => void;
}

/** Strokes that can be taken back: each keeps a copy of the mask, a byte a pixel. */
const MOST_STROKES = 12;

/** Corrects a mask by hand: restores what was cut away, erases what was left. */
export function Brush({ item, onEnd }: BrushProps) {
  const { value: w } = words;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pictures = useSignal<BrushPictures | null>(null);
  const value = useSignal<0 | 255>(255);
  const size = useSignal(24);
  const softness = useSignal(0.3);
  const strokes = useSignal<readonly Uint8Array[]>([]);
  const isSaving = useSignal(false);
  /** Where the last stroke went on from. */
  const at = useRef<Spot | null>(null);
  /** Where the brush is, for the eye. */
  const cursor = useSignal<Spot | null>(null);

  useEffect(() => {
    let isCurrent = true;
    loadPictures(item).then(
      (loaded) => {
        if (isCurrent) pictures.value = loaded;
      },
      (error: unknown) => {
        explain(error);
        if (isCurrent) onEnd();
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [item.key]);
  const loaded = pictures.value;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (loaded === null) return;
    context?.putImageData(loaded.pixels, 0, 0);
    canvas.current?.scrollIntoView({ block: 'nearest' });
    canvas.current?.focus({ preventScroll: true });
  }, [loaded]);
  // The size is a share of the photo, so that it feels alike on large and small ones.
  const radius = loaded === null ? 0 : (size.value / 400) * Math.max(loaded.mask.width, loaded.mask.height);

  const show = (dirty: Dirty) => {
    if (loaded === null) return;
    showInto(loaded.pixels, loaded.mask, dirty);
    const { left, top, right, bottom } = dirty;
    canvas.current?.getContext('2d')?.putImageData(loaded.pixels, 0, 0, left, top, right - left, bottom - top);
  };
  const begin = () => {
    if (loaded === null) return;
    strokes.value = [...strokes.value, loaded.mask.data.slice()].slice(-MOST_STROKES);
  };
  const paint = (to: Spot) => {
    if (loaded === null) return;
    show(strokeInto(loaded.mask, at.current ?? to, { ...to, radius, softness: softness.value, value: value.value }));
    at.current = to;
  };
  const takeBack = () => {
    const last = strokes.value.at(-1);
    if (loaded === null || last === undefined) return;
    strokes.value = strokes.value.slice(0, -1);
    loaded.mask.data.set(last);
    show({ left: 0, top: 0, right: loaded.mask.width, bottom: loaded.mask.height });
  };
  const save = async () => {
    if (loaded === null) return;
    isSaving.value = true;
    try {
      take([await api.saveMask(item.key, item.etag, await maskFile(loaded.mask), true)]);
      remember(() => putBack(item, loaded.original));
      say(w.decided.approved);
      onEnd();
      advance();
    } catch (error) {
      explain(error);
    } finally {
      isSaving.value = false;
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (loaded === null) return;
    const now = cursor.value ?? { x: loaded.mask.width / 2, y: loaded.mask.height / 2 };
    const by = loaded.mask.width / 100;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-by, 0],
      ArrowRight: [by, 0],
      ArrowUp: [0, -by],
      ArrowDown: [0, by],
    };
    const move = moves[event.key];
    if (move !== undefined) {
      cursor.value = { x: now.x + move[0], y: now.y + move[1] };
      at.current = null;
    } else if (event.key === ' ') {
      begin();
      cursor.value = now;
      paint(now);
    } else if (event.key === 'Escape' && strokes.value.length === 0) onEnd();
    else if (event.key === '[') size.value = Math.max(1, size.value - 4);
    else if (event.key === ']') size.value = Math.min(100, size.value + 4);
    else if (event.key.toLowerCase() === 'x') value.value = value.value === 255 ? 0 : 255;
    else return;
    event.preventDefault();
  };
  const point = ({ clientX, clientY, currentTarget }: PointerEvent & { readonly currentTarget: HTMLElement }) => {
    const { left, top, width, height } = currentTarget.getBoundingClientRect();
    const [w_, h_] = [loaded?.mask.width ?? 1, loaded?.mask.height ?? 1];
    return { x: ((clientX - left) / width) * w_, y: ((clientY - top) / height) * h_ };
  };

  return (
    <section class="stage" aria-label={w.brush}>
      <div class="scroll zoom-fit">
        {loaded === null ? (
          <p class="quiet center">{w.makingMask}</p>
        ) : (
          <figure class="frame" style={{ '--ratio': String(loaded.mask.width / loaded.mask.height) }}>
            <div class="canvas ground">
              <img class="ghost" src={addressOf.photo(item, 'full')} alt="" draggable={false} />
              <canvas
                ref={canvas}
                width={loaded.mask.width}
                height={loaded.mask.height}
                tabIndex={0}
                role="img"
                aria-label={w.brushCanvas}
                onKeyDown={keys}
                onPointerDown={(event) => {
                  event.currentTarget.setPointerCapture(event.pointerId);
                  begin();
                  at.current = null;
                  paint(point(event));
                }}
                onPointerMove={(event) => {
                  cursor.value = point(event);
                  if (event.currentTarget.hasPointerCapture(event.pointerId)) paint(cursor.value);
                }}
                onPointerLeave={() => (cursor.value = null)}
              />
              <Ring at={cursor} radius={radius} mask={loaded.mask} />
            </div>
          </figure>
        )}
      </div>
      <p class="remark">{w.brushHelp}</p>
      <div class="stage-tools">
        <fieldset class="segments">
          <legend class="unseen">{w.brush}</legend>
          {([255, 0] as const).map((one) => (
            <label key={one}>
              <input type="radio" name="paint" checked={value.value === one} onChange={() => (value.value = one)} />
              {one === 255 ? w.restore : w.erase}
            </label>
          ))}
        </fieldset>
        <Range label={w.brushSize} now={size.value} max={100} onChange={(next) => (size.value = next)} />
        <Range
          label={w.softness}
          now={softness.value * 100}
          max={100}
          onChange={(next) => (softness.value = next / 100)}
        />
        <button type="button" disabled={strokes.value.length === 0} onClick={takeBack}>
          {w.undoStroke}
        </button>
        <GroundPicker />
        <button type="button" onClick={onEnd}>
          {w.cancel}
        </button>
        <button
          type="button"
          class="primary"
          disabled={strokes.value.length === 0 || isSaving.value}
          onClick={() => void save()}
        >
          {w.saveMask}
        </button>
      </div>
    </section>
  );
}

/** Takes a correction back: the mask it had, and what had been decided of it. */
async function putBack(before: Item, mask: Blob): Promise<void> {
  const now = items.value.get(before.key);
  if (now === undefined) return;
  let item = await api.saveMask(now.key, now.etag, mask, false);
  if (before.decision !== null) item = await api.decide(item.key, item.etag, before.decision);
  take([item]);
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

interface RingProps {
  readonly at: Signal<Spot | null>;
  /** Of the brush, px of the mask. */
  readonly radius: number;
  readonly mask: { readonly width: number; readonly height: number };
}

/** Where the brush is and how large. Drawn anew by itself as the pointer moves. */
function Ring({ at, radius, mask }: RingProps) {
  if (at.value === null) return null;
  const share = (part: number, whole: number) => `${(part / whole) * 100}%`;
  const { x, y } = at.value;
  const style = { left: share(x, mask.width), top: share(y, mask.height), width: share(2 * radius, mask.width) };
  return <div class="brush-ring" style={style} aria-hidden="true" />;
}

interface RangeProps {
  readonly label: string;
  readonly now: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

function Range({ label, now, max, onChange }: RangeProps) {
  return (
    <label class="field inline">
      {label}
      <input
        type="range"
        min="1"
        max={String(max)}
        value={String(now)}
        onInput={({ currentTarget }) => onChange(Number(currentTarget.value))}
      />
    </label>
  );
}
