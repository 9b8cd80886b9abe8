import { useEffect, useRef, useState } from 'preact/hooks';
import { Filters } from './filters.tsx';
import { GroundPicker } from './ground-picker.tsx';
import {
  again,
  decideMany,
  filter,
  isAdding,
  items,
  lastOpened,
  open,
  selection,
  shown,
  toggle,
  words,
} from './state.ts';
import { CAPTION_PX, Tile } from './tile.tsx';
import { useVirtualRows } from './virtual-rows.ts';

const TILE_PX = 184;
const GAP_PX = 14;

/** Thousands of photos: only the rows in sight are there. */
export function Gallery() {
  const { value: w } = words;
  return (
    <div class="gallery">
      <Filters />
      <section class="sheet-area" aria-label={w.gallery}>
        <Toolbar />
        {shown.value.length > 0 ? (
          <Grid />
        ) : (
          <div class="quiet center">
            <p>{items.value.size === 0 ? w.nothingHere : w.nothingMatches}</p>
            {items.value.size === 0 && (
              <button type="button" onClick={() => (isAdding.value = true)}>
                {w.choosePhotos}
              </button>
            )}
          </div>
        )}
      </section>
    </div>
  );
}

function Toolbar() {
  const { value: w } = words;
  const count = shown.value.length;
  const { size } = selection.value;
  return (
    <div class="toolbar">
      <p class="count" aria-live="polite">
        <b>{w.photos(count, count.toLocaleString(w.language))}</b>
        {size > 0 && <span> · {w.selected(size.toLocaleString(w.language))}</span>}
      </p>
      {size === 0 ? (
        <button
          type="button"
          disabled={count === 0}
          onClick={() => (selection.value = new Set(shown.value.map(({ key }) => key)))}
        >
          {w.selectShown}
        </button>
      ) : (
        <>
          <button type="button" onClick={() => void decideMany(selection.value, 'approved')}>
            {w.approve}
          </button>
          <button type="button" onClick={() => void decideMany(selection.value, 'refused')}>
            {w.refuse}
          </button>
          <button type="button" onClick={() => (again.value = [...selection.value])}>
            {w.retrySelected}
          </button>
          <button type="button" onClick={() => (selection.value = new Set())}>
            {w.clearSelection}
          </button>
        </>
      )}
      <GroundPicker />
    </div>
  );
}

function Grid() {
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const focused = useRef(0);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const list = shown.value;
  const columns = Math.max(2, Math.floor((width + GAP_PX) / (TILE_PX + GAP_PX)));
  const side = (width - GAP_PX * (columns - 1)) / columns;
  const rowPx = Math.round(side + CAPTION_PX + GAP_PX);
  const rows = useVirtualRows(scroller, { count: width === 0 ? 0 : Math.ceil(list.length / columns), rowPx });
  // Another list starts at its top.
  useEffect(() => scroller.current?.scrollTo({ top: 0 }), [filter.value]);
  // Back from a photo, at that photo.
  useEffect(() => {
    const index = list.findIndex(({ key }) => key === lastOpened.peek());
    if (width === 0 || index < 0) return;
    lastOpened.value = null;
    focused.current = index;
    rows.show(Math.floor(index / columns));
    focusOn(scroller.current, index);
  }, [width === 0]);

  const move = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (by === undefined || !(event.target instanceof HTMLButtonElement)) return;
    event.preventDefault();
    focused.current = Math.min(list.length - 1, Math.max(0, focused.current + by));
    rows.show(Math.floor(focused.current / columns));
    focusOn(scroller.current, focused.current);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys go from tile to tile, each of which is a button
    <div class="grid" ref={scroller} onKeyDown={move}>
      <div class="rows" style={{ height: `${rows.totalPx}px` }}>
        {rows.visible.map(({ index: row, start }) => (
          <div
            class="row"
            key={row}
            style={{
              transform: `translateY(${start}px)`,
              gridTemplateColumns: `repeat(${columns}, 1fr)`,
              gap: `${GAP_PX}px`,
            }}
          >
            {list.slice(row * columns, (row + 1) * columns).map((item, column) => (
              <Tile
                key={item.key}
                item={item}
                index={row * columns + column}
                isSelected={selection.value.has(item.key)}
                onFocus={(index) => {
                  focused.current = index;
                }}
                onOpen={() =>
                  open(
                    item.key,
                    shown.value.map(({ key }) => key),
                  )
                }
                onSelect={(isSelected) => toggle(item.key, isSelected)}
              />
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Once its row is there. */
function focusOn(grid: HTMLElement | null, index: number): void {
  requestAnimationFrame(() => grid?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
}
