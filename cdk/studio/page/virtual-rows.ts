import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type VirtualItem,
  Virtualizer,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

export interface VirtualRows {
  /** Rows in sight, and a few more. */
  readonly visible: readonly VirtualItem[];
  /** Of all rows. */
  readonly totalPx: number;
  /** Scrolls a row into sight. */
  readonly show: (row: number) => void;
}

interface RowOptions {
  readonly count: number;
  /** Of every row alike. */
  readonly rowPx: number;
}

const SPARE_ROWS = 2;

/** Which rows of a long list have to be there, as its element is scrolled. */
export function useVirtualRows(scroller: RefObject<HTMLElement | null>, { count, rowPx }: RowOptions): VirtualRows {
  const [, redraw] = useReducer<number, void>((n) => n + 1, 0);
  const kept = useRef<Virtualizer<HTMLElement, Element> | null>(null);
  const options = {
    count,
    estimateSize: () => rowPx,
    overscan: SPARE_ROWS,
    getScrollElement: () => scroller.current,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => redraw(),
  };
  kept.current ??= new Virtualizer(options);
  const virtualizer = kept.current;
  virtualizer.setOptions(options);

  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  // Sizes that were estimated are remembered: another width means other ones.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowPx]);

  return {
    visible: virtualizer.getVirtualItems(),
    totalPx: virtualizer.getTotalSize(),
    show: (row) => virtualizer.scrollToIndex(row),
  };
}
