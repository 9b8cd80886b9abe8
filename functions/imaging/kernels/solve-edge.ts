import type { RgbImage } from '../raster.ts';
import { PLANES, PointReader } from './between-cells.ts';
import type { EdgeGrid, Region } from './edge-grid.ts';

/** How far photo and mask are believed. */
export interface Trust {
  /** Standard deviation of the mask's opacity in the band, 0..1. */
  readonly mask: number;
  /** Of the photo's colours where nothing else varies, 0..255. */
  readonly noise: number;
  /** How much a colour's distance from the line between both counts as noise. */
  readonly off: number;
  /** Opacity below and above which the band is 0 and 1. */
  readonly low: number;
  readonly high: number;
}

/**
 * How opaque a colour between two others is: where it lies on the line from the background's to the subject's, and what
 * the mask says, each as much as it can be trusted there.
 *
 * @param point As {@link PLANES} names them; its opacity is written. @param at Where the colour lies in `rgb`.
 */
function solvePoint(point: Float64Array, rgb: Uint8Array, at: number, trust: Trust): void {
  const prior = (point[PLANES.alpha] as number) / 255;
  const backRed = point[PLANES.back] as number;
  const backGreen = point[PLANES.back + 1] as number;
  const backBlue = point[PLANES.back + 2] as number;
  const fromRed = (rgb[at] as number) - backRed;
  const fromGreen = (rgb[at + 1] as number) - backGreen;
  const fromBlue = (rgb[at + 2] as number) - backBlue;
  const toRed = (point[PLANES.front] as number) - backRed;
  const toGreen = (point[PLANES.front + 1] as number) - backGreen;
  const toBlue = (point[PLANES.front + 2] as number) - backBlue;
  const squared = toRed * toRed + toGreen * toGreen + toBlue * toBlue;
  if (squared < 1) {
    point[PLANES.opacity] = prior;
    return;
  }
  const along = (fromRed * toRed + fromGreen * toGreen + fromBlue * toBlue) / squared;
  const place = along < 0 ? 0 : along > 1 ? 1 : along;
  // A colour off the line is another material, such as a seam: its place on the line says nothing.
  const offRed = fromRed - place * toRed;
  const offGreen = fromGreen - place * toGreen;
  const offBlue = fromBlue - place * toBlue;
  const off = offRed * offRed + offGreen * offGreen + offBlue * offBlue;
  const front = point[PLANES.spread] as number;
  const back = point[PLANES.spread + 1] as number;
  const variance = trust.noise * trust.noise + front * front * place + back * back * (1 - place) + trust.off * off;
  const masks = trust.mask * trust.mask * squared;
  point[PLANES.opacity] = prior + (masks / (masks + variance)) * (place - prior);
}

/** Solves the band's cells of a region. @param target `[height, width]` of the grid, 0..255. */
export function solveCellsInto(target: Uint8Array, grid: EdgeGrid, region: Region, trust: Trust): void {
  const { width, band, photo } = grid;
  const reader = new PointReader(grid);
  for (let y = region.top; y < region.bottom; y++) {
    for (let cell = y * width + region.left; cell < y * width + region.right; cell++) {
      if (band[cell] === 0) continue;
      const point = reader.atCell(cell);
      solvePoint(point, photo, cell * 3, trust);
      target[cell] = (point[PLANES.opacity] as number) * 255 + 0.5;
    }
  }
}

/** What {@link solvePixelsInto} overwrites. */
export interface EdgeTarget {
  /** Opacity at the photo's size, 0..255. */
  readonly alpha: Uint8Array;
  /** The photo; half-transparent pixels lose the background's colour. */
  readonly image: RgbImage;
}

/**
 * Solves the photo's pixels in the band's cells of a region, and takes the background's colour out of them. A cell that is
 * as certain as all around it is not looked at again.
 */
export function solvePixelsInto(target: EdgeTarget, grid: EdgeGrid, region: Region, trust: Trust): void {
  const { factor, band } = grid;
  const reader = new PointReader(grid);
  for (let cellY = region.top; cellY < region.bottom; cellY++) {
    for (let cellX = region.left; cellX < region.right; cellX++) {
      const cell = cellY * grid.width + cellX;
      if (band[cell] === 0) continue;
      // Where cells are pixels, what the grid says is still the mask alone.
      if (factor === 1) solvePixelInto(target, cell, reader.atCell(cell), trust);
      else solveBlockInto(target, { grid, reader, cellX, cellY }, trust);
    }
  }
}

interface Block {
  readonly grid: EdgeGrid;
  readonly reader: PointReader;
  readonly cellX: number;
  readonly cellY: number;
}

/** Solves the photo's pixels in one cell. */
function solveBlockInto(target: EdgeTarget, { grid, reader, cellX, cellY }: Block, trust: Trust): void {
  const { factor } = grid;
  const { width, height } = target.image;
  const left = cellX * factor;
  const top = cellY * factor;
  const across = Math.min(width - left, factor);
  const down = Math.min(height - top, factor);
  const certain = certainty(grid, cellX, cellY, trust);
  if (certain === null) reader.moveTo(cellX, cellY);
  for (let y = 0; y < down; y++) {
    const from = (top + y) * width + left;
    if (certain === null) reader.moveToRow(y);
    else target.alpha.fill(certain, from, from + across);
    for (let x = 0; certain === null && x < across; x++) solvePixelInto(target, from + x, reader.at(x), trust);
  }
}

/** @returns 0 or 255 where a cell and all that touch it are that, as far as the trust tells; else null. */
function certainty({ width, height, alpha }: EdgeGrid, cellX: number, cellY: number, trust: Trust): 0 | 255 | null {
  let least = 255;
  let most = 0;
  for (let y = Math.max(0, cellY - 1); y <= Math.min(height - 1, cellY + 1); y++) {
    for (let x = Math.max(0, cellX - 1); x <= Math.min(width - 1, cellX + 1); x++) {
      const value = alpha[y * width + x] as number;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  return most <= trust.low * 255 ? 0 : least >= trust.high * 255 ? 255 : null;
}

function solvePixelInto({ alpha, image }: EdgeTarget, pixel: number, point: Float64Array, trust: Trust): void {
  solvePoint(point, image.data, pixel * 3, trust);
  const levelled = ((point[PLANES.opacity] as number) - trust.low) / (trust.high - trust.low);
  const opacity = levelled <= 0 ? 0 : levelled >= 1 ? 1 : levelled;
  alpha[pixel] = opacity * 255 + 0.5;
  if (opacity === 0 || opacity === 1) return;
  point[PLANES.opacity] = opacity;
  cleanInto(image.data, pixel * 3, point);
}

/** Less opaque pixels say too little of their own colour: what they leave unexplained is not scaled up further. */
const LEAST_OPACITY = 0.25;

/**
 * Gives a pixel the colour with which it and the background nearby add up to the photo. The less opaque it is, the more of
 * the photo's noise is in that, so that nearly transparent ones lean on the subject's colour nearby. Blur-fusion (Forte
 * 2021) leans on it everywhere, which wipes out what a rim has of its own.
 */
function cleanInto(rgb: Uint8Array, at: number, point: Float64Array): void {
  const opacity = point[PLANES.opacity] as number;
  const gain = opacity > LEAST_OPACITY ? 1 / opacity : 1 / LEAST_OPACITY;
  const nearby = 1 - gain * opacity;
  const veil = 1 - opacity;
  for (let channel = 0; channel < 3; channel++) {
    const own = (rgb[at + channel] as number) - veil * (point[PLANES.back + channel] as number);
    const colour = nearby * (point[PLANES.front + channel] as number) + gain * own;
    rgb[at + channel] = colour <= 0 ? 0 : colour >= 255 ? 255 : (colour + 0.5) | 0;
  }
}
