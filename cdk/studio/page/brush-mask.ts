/** Opacity `[height, width]`, 0..255, that a person paints on. */
export interface PaintedMask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Stamp {
  /** Centre, px of the mask; need not be inside. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Share of the radius over which the edge fades, 0..1. */
  readonly softness: number;
  /** What is painted: 255 restores the subject, 0 erases. */
  readonly value: 0 | 255;
}

/** Whole pixels; right and bottom exclusive. */
export interface Dirty {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Paints a round spot into a mask. Restoring never lessens, erasing never adds. @returns What may have changed. */
export function stampInto(mask: PaintedMask, { x, y, radius, softness, value }: Stamp): Dirty {
  const { width, height, data } = mask;
  const inside = (at: number, most: number) => Math.min(most, Math.max(0, at));
  const left = inside(Math.floor(x - radius), width);
  const right = inside(Math.ceil(x + radius) + 1, width);
  const top = inside(Math.floor(y - radius), height);
  const bottom = inside(Math.ceil(y + radius) + 1, height);
  const hard = radius * (1 - softness);
  const fade = Math.max(radius - hard, 1e-6);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      if (distance > radius) continue;
      const strength = distance <= hard ? 1 : (radius - distance) / fade;
      const i = row * width + column;
      const before = data[i] ?? 0;
      data[i] =
        value === 255
          ? Math.max(before, Math.round(255 * strength))
          : Math.min(before, Math.round(255 * (1 - strength)));
    }
  }
  return { left, top, right, bottom };
}

/** Paints a line of spots close enough to look like one stroke. */
export function strokeInto(mask: PaintedMask, from: { x: number; y: number }, to: Stamp): Dirty {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const steps = Math.max(1, Math.ceil(length / Math.max(1, to.radius / 4)));
  let dirty: Dirty | null = null;
  for (let step = 1; step <= steps; step++) {
    const at = step / steps;
    const spot = { ...to, x: from.x + (to.x - from.x) * at, y: from.y + (to.y - from.y) * at };
    dirty = both(dirty, stampInto(mask, spot));
  }
  return dirty ?? { left: 0, top: 0, right: 0, bottom: 0 };
}

function both(a: Dirty | null, b: Dirty): Dirty {
  if (a === null) return b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
