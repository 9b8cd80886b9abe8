import type { RgbImage } from '../raster.ts';

/**
 * What is known of a photo's edges on a grid of cells, `factor` x `factor` photo pixels each; the last row and column of
 * cells may hold fewer. Everything is `[height, width]` of cells.
 */
export interface EdgeGrid {
  readonly width: number;
  readonly height: number;
  /** Photo pixels a cell is wide and high, 1 and more. */
  readonly factor: number;
  /** 1 where the mask does not tell by itself how opaque the photo is. */
  readonly band: Uint8Array;
  /** Opacity 0..255; what the mask says to begin with. */
  readonly alpha: Uint8Array;
  /** The photo's mean colour, RGB. */
  readonly photo: Uint8Array;
  /** Colour of the subject nearby, RGB. */
  readonly front: Uint8Array;
  /** Colour of the background nearby, RGB. */
  readonly back: Uint8Array;
  /** How much the subject's and the background's colours vary nearby: two standard deviations a cell, 0..255. */
  readonly spread: Uint8Array;
}

/** A part of a grid, whole cells, right and bottom exclusive. */
export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Averages the photo over a region's cells. Cost: one visit a photo pixel of the region. */
export function shrinkInto({ width, factor, photo }: EdgeGrid, image: RgbImage, region: Region): void {
  const { data } = image;
  for (let cellY = region.top; cellY < region.bottom; cellY++) {
    const top = cellY * factor;
    const bottom = Math.min(image.height, top + factor);
    for (let cellX = region.left; cellX < region.right; cellX++) {
      const left = cellX * factor;
      const right = Math.min(image.width, left + factor);
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let y = top; y < bottom; y++) {
        const end = (y * image.width + right) * 3;
        for (let i = (y * image.width + left) * 3; i < end; i += 3) {
          red += data[i] as number;
          green += data[i + 1] as number;
          blue += data[i + 2] as number;
        }
      }
      const share = 1 / ((bottom - top) * (right - left));
      const to = (cellY * width + cellX) * 3;
      photo[to] = red * share + 0.5;
      photo[to + 1] = green * share + 0.5;
      photo[to + 2] = blue * share + 0.5;
    }
  }
}
