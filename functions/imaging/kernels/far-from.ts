interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/**
 * Marks what lies at most `reachPx` from any marked pixel, by the larger of both axes.
 *
 * @param plane 0 or 1. @returns 1 where it is near, else 0. Cost: two passes, whatever the reach.
 */
export function nearTo({ width, height, data }: Plane, reachPx: number): Uint8Array {
  const wide = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) spreadLine(data, wide, { start: y * width, length: width, step: 1, reachPx });
  const near = new Uint8Array(data.length);
  for (let x = 0; x < width; x++) spreadLine(wide, near, { start: x, length: height, step: width, reachPx });
  return near;
}

/** Marks what lies farther than `reachPx` from every marked pixel: the rest of {@link nearTo}. */
export function farFrom(plane: Plane, reachPx: number): Uint8Array {
  const marks = nearTo(plane, reachPx);
  for (let i = 0; i < marks.length; i++) marks[i] = 1 - (marks[i] as number);
  return marks;
}

interface Line {
  readonly start: number;
  readonly length: number;
  readonly step: number;
  readonly reachPx: number;
}

function spreadLine(from: Uint8Array, to: Uint8Array, { start, length, step, reachPx }: Line): void {
  let painted = 0;
  for (let i = 0; i < length; i++) {
    if (from[start + i * step] === 0) continue;
    const end = Math.min(length, i + reachPx + 1);
    for (let j = Math.max(painted, i - reachPx); j < end; j++) to[start + j * step] = 1;
    painted = end;
  }
}
