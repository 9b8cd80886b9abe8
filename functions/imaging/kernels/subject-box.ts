interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The smallest box around all values of at least `least`; null where there are none. Cost: one pass at most. */
export function boxOf({ width, height, data }: Plane, least: number) {
  let [left, top, right, bottom] = [width, -1, 0, 0];
  for (let y = 0, row = 0; y < height; y++, row += width) {
    let first = 0;
    while (first < width && (data[row + first] as number) < least) first++;
    if (first === width) continue;
    let last = width - 1;
    while ((data[row + last] as number) < least) last--;
    if (top < 0) top = y;
    bottom = y + 1;
    if (first < left) left = first;
    if (last + 1 > right) right = last + 1;
  }
  return top < 0 ? null : { left, top, width: right - left, height: bottom - top };
}
