import type { EdgeGrid } from '#functions/imaging/kernels/edge-grid.ts';

/** A grid with nothing known of it. */
export function emptyGrid({ width, height, factor }: { width: number; height: number; factor: number }): EdgeGrid {
  const cells = width * height;
  return {
    width,
    height,
    factor,
    band: new Uint8Array(cells),
    alpha: new Uint8Array(cells),
    photo: new Uint8Array(cells * 3),
    front: new Uint8Array(cells * 3),
    back: new Uint8Array(cells * 3),
    spread: new Uint8Array(cells * 2),
  };
}
