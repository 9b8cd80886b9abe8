import { lengthInPx } from '../contract/length.ts';
import type { Layout, Sides } from '../contract/preset-layout.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whole pixels. */
export interface Box extends Size {
  readonly left: number;
  readonly top: number;
}

/** Where a photo's subject goes in its frame. */
export interface Placement {
  readonly canvas: Size;
  /** Frame pixels a photo pixel becomes. */
  readonly scale: number;
  /** The subject's box in the frame. */
  readonly target: Box;
  /** Whether the frame is smaller than asked because the photo has too few pixels. */
  readonly isShrunk: boolean;
}

const MIDDLE = { x: 0.5, y: 0.5 };

/**
 * Places a subject as a layout asks. Where that would enlarge it (and the layout does not allow it), the whole frame
 * shrinks instead, so that every ratio holds and only the size is less than asked.
 *
 * @param box The subject's box in the photo, photo pixels.
 */
export function placeSubject(box: Box, photo: Size, layout: Layout): Placement {
  const { fill = 0.85, margin = { px: 0 }, position = MIDDLE, enlarge = false } = layout;
  if (layout.canvas === 'subject') return cropped(box, margin);
  if ('top' in margin) throw new Error('Expected one margin for all sides of a frame, got a side at a time');
  const asked = askedCanvas(box, photo, { canvas: layout.canvas, fill });
  const around = 'px' in margin ? margin.px : margin.share * Math.min(asked.width, asked.height);
  const wanted = Math.min(
    (fill * asked.width) / box.width,
    (fill * asked.height) / box.height,
    (asked.width - 2 * around) / box.width,
    (asked.height - 2 * around) / box.height,
  );
  const isShrunk = wanted > 1 && !enlarge && layout.canvas !== 'photo';
  const shrink = isShrunk ? 1 / wanted : 1;
  // A frame as large as its photo keeps its size and lets the subject stay smaller than asked.
  const scale = enlarge ? wanted : Math.min(1, wanted);
  const canvas = { width: atLeastOne(asked.width * shrink), height: atLeastOne(asked.height * shrink) };
  const width = Math.min(atLeastOne(box.width * scale), canvas.width);
  const height = Math.min(atLeastOne(box.height * scale), canvas.height);
  const edge = around * shrink;
  return {
    canvas,
    scale,
    target: {
      width,
      height,
      left: offset(canvas.width - width, edge, position.x),
      top: offset(canvas.height - height, edge, position.y),
    },
    isShrunk,
  };
}

function cropped(box: Box, margin: NonNullable<Layout['margin']>): Placement {
  const sides = 'top' in margin ? margin : evenSides(margin, box);
  const left = lengthInPx(sides.left, box.width);
  const top = lengthInPx(sides.top, box.height);
  const canvas = {
    width: left + box.width + lengthInPx(sides.right, box.width),
    height: top + box.height + lengthInPx(sides.bottom, box.height),
  };
  return { canvas, scale: 1, target: { ...box, left, top }, isShrunk: false };
}

function evenSides(margin: Exclude<NonNullable<Layout['margin']>, Sides>, box: Size): Sides {
  const px = lengthInPx(margin, Math.min(box.width, box.height));
  return { top: { px }, right: { px }, bottom: { px }, left: { px } };
}

function askedCanvas(
  box: Size,
  photo: Size,
  { canvas, fill }: { readonly canvas: Exclude<Layout['canvas'], 'subject'>; readonly fill: number },
): Size {
  if (canvas === 'photo') return photo;
  if ('width' in canvas) return canvas;
  const width = Math.max(box.width, box.height * canvas.ratio) / fill;
  return { width: Math.ceil(width), height: Math.ceil(width / canvas.ratio) };
}

function offset(room: number, edge: number, share: number): number {
  return Math.max(0, Math.round(Math.min(edge, room / 2) + Math.max(0, room - 2 * edge) * share));
}

function atLeastOne(value: number): number {
  return Math.max(1, Math.round(value));
}
