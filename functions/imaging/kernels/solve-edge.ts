import type { RgbImage } from '../raster.ts';
import type { EdgeGrid, Region } from './edge-grid.ts';

/** How far photo and mask are believed. */
export interface Trust {
  /** Standard deviation of the mask's opacity in the band, 0..1. */
  readonly mask: number;
  /** Of the photo's colours where nothing else varies, 0..255. */
  readonly noise: number;
  /** Opacity below and above which the band is 0 and 1. */
  readonly low: number;
  readonly high: number;
}

/** Subject and background as they would look at one point. */
interface Point {
  /** What the mask says, 0..1. */
  prior: number;
  frontRed: number;
  frontGreen: number;
  frontBlue: number;
  backRed: number;
  backGreen: number;
  backBlue: number;
  frontSpread: number;
  backSpread: number;
}

/**
 * How opaque a colour between two others is: where it lies on the line from the background's to the subject's, and what
 * the mask says, each as much as it can be trusted there. @returns 0..1.
 */
function opacityOf(red: number, green: number, blue: number, point: Point, trust: Trust): number {
  const { prior, backRed, backGreen, backBlue, frontSpread, backSpread } = point;
  const toRed = point.frontRed - backRed;
  const toGreen = point.frontGreen - backGreen;
  const toBlue = point.frontBlue - backBlue;
  const squared = toRed * toRed + toGreen * toGreen + toBlue * toBlue;
  if (squared < 1) return prior;
  const along = ((red - backRed) * toRed + (green - backGreen) * toGreen + (blue - backBlue) * toBlue) / squared;
  const place = along < 0 ? 0 : along > 1 ? 1 : along;
  const variance =
    trust.noise * trust.noise + frontSpread * frontSpread * place + backSpread * backSpread * (1 - place);
  const masks = trust.mask * trust.mask * squared;
  return prior + (masks / (masks + variance)) * (place - prior);
}

/** Solves the band's cells of a region. @param target `[height, width]` of the grid, 0..255. */
export function solveCellsInto(target: Uint8Array, grid: EdgeGrid, region: Region, trust: Trust): void {
  const point = newPoint();
  for (let y = region.top; y < region.bottom; y++) {
    for (let cell = y * grid.width + region.left; cell < y * grid.width + region.right; cell++) {
      if (grid.band[cell] === 0) continue;
      readCell(point, grid, cell);
      const at = cell * 3;
      const [red, green, blue] = [grid.photo[at], grid.photo[at + 1], grid.photo[at + 2]] as [number, number, number];
      target[cell] = opacityOf(red, green, blue, point, trust) * 255 + 0.5;
    }
  }
}

function newPoint(): Point {
  return {
    prior: 0,
    frontRed: 0,
    frontGreen: 0,
    frontBlue: 0,
    backRed: 0,
    backGreen: 0,
    backBlue: 0,
    frontSpread: 0,
    backSpread: 0,
  };
}

function readCell(point: Point, { alpha, front, back, spread }: EdgeGrid, cell: number): void {
  const at = cell * 3;
  point.prior = (alpha[cell] as number) / 255;
  point.frontRed = front[at] as number;
  point.frontGreen = front[at + 1] as number;
  point.frontBlue = front[at + 2] as number;
  point.backRed = back[at] as number;
  point.backGreen = back[at + 1] as number;
  point.backBlue = back[at + 2] as number;
  point.frontSpread = spread[cell * 2] as number;
  point.backSpread = spread[cell * 2 + 1] as number;
}

/** What {@link solvePixelsInto} overwrites. */
export interface EdgeTarget {
  /** Opacity at the photo's size, 0..255. */
  readonly alpha: Uint8Array;
  /** The photo; half-transparent pixels lose the background's colour. */
  readonly image: RgbImage;
}

/** Solves the photo's pixels in the band's cells of a region, and takes the background's colour out of them. */
export function solvePixelsInto({ alpha, image }: EdgeTarget, grid: EdgeGrid, region: Region, trust: Trust): void {
  const { factor } = grid;
  const point = newPoint();
  const gain = 1 / (trust.high - trust.low);
  for (let cellY = region.top; cellY < region.bottom; cellY++) {
    for (let cellX = region.left; cellX < region.right; cellX++) {
      if (grid.band[cellY * grid.width + cellX] === 0) continue;
      const right = Math.min(image.width, (cellX + 1) * factor);
      const bottom = Math.min(image.height, (cellY + 1) * factor);
      for (let y = cellY * factor; y < bottom; y++) {
        for (let x = cellX * factor; x < right; x++) {
          if (factor === 1) readCell(point, grid, cellY * grid.width + cellX);
          else readBetween(point, grid, x, y);
          const at = (y * image.width + x) * 3;
          const [red, green, blue] = [image.data[at], image.data[at + 1], image.data[at + 2]] as [
            number,
            number,
            number,
          ];
          const levelled = (opacityOf(red, green, blue, point, trust) - trust.low) * gain;
          const opacity = levelled <= 0 ? 0 : levelled >= 1 ? 1 : levelled;
          alpha[y * image.width + x] = opacity * 255 + 0.5;
          if (opacity > 0 && opacity < 1) cleanInto(image.data, at, opacity, point);
        }
      }
    }
  }
}

/** Blur-fusion's last step (Forte 2021): the subject's colour nearby, moved by what both layers leave unexplained. */
function cleanInto(rgb: Uint8Array, at: number, opacity: number, point: Point): void {
  rgb[at] = clean(rgb[at] as number, opacity, point.frontRed, point.backRed);
  rgb[at + 1] = clean(rgb[at + 1] as number, opacity, point.frontGreen, point.backGreen);
  rgb[at + 2] = clean(rgb[at + 2] as number, opacity, point.frontBlue, point.backBlue);
}

function clean(value: number, opacity: number, front: number, back: number): number {
  const colour = front + opacity * (value - opacity * front - (1 - opacity) * back);
  return colour <= 0 ? 0 : colour >= 255 ? 255 : (colour + 0.5) | 0;
}

/** Reads the grid between its cells' centres, bilinearly. @param x In photo pixels. */
function readBetween(point: Point, grid: EdgeGrid, x: number, y: number): void {
  const { width, height, factor, alpha, front, back, spread } = grid;
  const atX = Math.min(Math.max((x + 0.5) / factor - 0.5, 0), width - 1);
  const atY = Math.min(Math.max((y + 0.5) / factor - 0.5, 0), height - 1);
  const left = Math.floor(atX);
  const upper = Math.floor(atY);
  const a = upper * width + left;
  const b = left + 1 < width ? a + 1 : a;
  const down = upper + 1 < height ? width : 0;
  const [c, d] = [a + down, b + down];
  const [wx, wy] = [atX - left, atY - upper];
  const [wa, wb, wc, wd] = [(1 - wx) * (1 - wy), wx * (1 - wy), (1 - wx) * wy, wx * wy];
  const mix = (plane: Uint8Array, step: number, offset: number) =>
    (plane[a * step + offset] as number) * wa +
    (plane[b * step + offset] as number) * wb +
    (plane[c * step + offset] as number) * wc +
    (plane[d * step + offset] as number) * wd;
  point.prior = mix(alpha, 1, 0) / 255;
  point.frontRed = mix(front, 3, 0);
  point.frontGreen = mix(front, 3, 1);
  point.frontBlue = mix(front, 3, 2);
  point.backRed = mix(back, 3, 0);
  point.backGreen = mix(back, 3, 1);
  point.backBlue = mix(back, 3, 2);
  point.frontSpread = mix(spread, 2, 0);
  point.backSpread = mix(spread, 2, 1);
}
