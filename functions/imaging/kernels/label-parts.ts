interface Parts {
  /** Pixels of each 4-connected piece. */
  readonly areas: readonly number[];
  /** Around all pieces, right and bottom exclusive; null where there is no piece. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number } | null;
}

/** Finds the 4-connected pieces of a binary mask `[height, width]`. Cost: two visits a pixel. */
export function labelParts(binary: Uint8Array, width: number, height: number): Parts {
  const seen = new Uint8Array(binary.length);
  const stack = new Int32Array(binary.length);
  const areas: number[] = [];
  let [left, top, right, bottom] = [width, height, 0, 0];

  for (let start = 0; start < binary.length; start++) {
    if (binary[start] === 0 || seen[start] === 1) continue;
    let area = 0;
    let depth = 0;
    const visit = (pixel: number) => {
      if (binary[pixel] === 0 || seen[pixel] === 1) return;
      seen[pixel] = 1;
      stack[depth++] = pixel;
    };
    visit(start);
    while (depth > 0) {
      const pixel = stack[--depth] as number;
      const x = pixel % width;
      const y = (pixel - x) / width;
      area++;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      if (x > 0) visit(pixel - 1);
      if (x + 1 < width) visit(pixel + 1);
      if (y > 0) visit(pixel - width);
      if (y + 1 < height) visit(pixel + width);
    }
    areas.push(area);
  }
  return { areas, box: areas.length === 0 ? null : { left, top, right, bottom } };
}
