import { upscaleInto } from './kernels/bilinear.ts';
import { type EdgeGrid, type Region, shrinkInto } from './kernels/edge-grid.ts';
import { nearTo } from './kernels/far-from.ts';
import { ColourSums, localColoursInto } from './kernels/local-colours.ts';
import { type EdgeTarget, solveCellsInto, solvePixelsInto, type Trust } from './kernels/solve-edge.ts';
import type { Mask, RgbImage } from './raster.ts';

export interface FollowOptions {
  /** Longest side of the grid that colours are gathered on, in cells. */
  readonly longestSide: number;
  /** How far around the mask's uncertain values the edge is looked for, in pixels of the mask. */
  readonly bandReach: number;
  /** Half the side of the squares that colours are averaged over, in pixels of the mask, one a round. */
  readonly colourReaches: readonly number[];
  readonly trust: Trust;
  /** Side of a tile, in cells: what lies far from every edge costs nothing. */
  readonly tile: number;
}

export const FOLLOW_DEFAULTS: FollowOptions = Object.freeze({
  longestSide: 768,
  bandReach: 1.5,
  colourReaches: [3, 0.5],
  trust: { mask: 0.4, noise: 20, off: 4, low: 0.05, high: 0.95 },
  tile: 32,
});

/**
 * Moves a mask's edge to where the photo has one, and takes the background's colour out of half-transparent pixels.
 *
 * In the band where the mask is unsure, a pixel's opacity is its place between the subject's and the background's mean
 * colour nearby, weighed against the mask (in the spirit of Bayesian matting, Chuang et al. 2001); its colour is the one that
 * adds up to the photo with the background nearby. Colours are gathered on a coarse grid, opacities solved at the photo's size.
 *
 * @param mask Levelled: 0 and 1 are certain. @param target Holds the mask at the photo's size already. Pixels outside the
 * band stay as they are.
 */
export function followPhotoInto(target: EdgeTarget, mask: Mask, options: FollowOptions = FOLLOW_DEFAULTS): void {
  const { colourReaches, trust } = options;
  const grid = gridOf(target.image, mask, options);
  const tiles = [...tilesOf(grid, options.tile)];
  const cellsAPixel = Math.max(1, grid.width / mask.width, grid.height / mask.height);
  const reaches = colourReaches.map((reach) => Math.max(2, Math.round(reach * cellsAPixel + 1)));
  shrinkAround(grid, target.image, tiles, Math.max(...reaches));

  const sums = new ColourSums();
  const first = grid.alpha;
  let current = grid;
  for (const [round, reach] of reaches.entries()) {
    for (const region of tiles) localColoursInto(current, { region, reach, sums });
    if (round === reaches.length - 1) break;
    // The mask stays what every round starts from; only whose colours are whose is known better.
    const solved = first.slice();
    for (const region of tiles) solveCellsInto(solved, { ...grid, alpha: first }, region, trust);
    current = { ...grid, alpha: solved };
  }
  for (const region of tiles) solvePixelsInto(target, grid.factor === 1 ? grid : current, region, trust);
}

function gridOf(image: RgbImage, mask: Mask, { longestSide, bandReach }: FollowOptions): EdgeGrid {
  const factor = Math.max(1, Math.ceil(Math.max(image.width, image.height) / longestSide));
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const cells = width * height;
  const alpha = new Uint8Array(cells);
  upscaleInto(alpha, mask, { width, height });
  return {
    width,
    height,
    factor,
    alpha,
    band: bandOf({ width, height, data: alpha }, Math.max(1, Math.round((bandReach * width) / mask.width))),
    photo: new Uint8Array(cells * 3),
    front: new Uint8Array(cells * 3),
    back: new Uint8Array(cells * 3),
    spread: new Uint8Array(cells * 2),
  };
}

/** Around every value that is neither 0 nor 255, and around every step from one to the other. */
function bandOf(plane: { width: number; height: number; data: Uint8Array }, reach: number): Uint8Array {
  const { width, height, data } = plane;
  const unsure = new Uint8Array(data.length);
  for (let y = 0, i = 0; y < height; y++) {
    const down = y + 1 < height ? width : 0;
    for (let x = 0; x < width; x++, i++) {
      const value = data[i] as number;
      const right = x + 1 < width ? 1 : 0;
      const isStep = data[i + right] !== value || data[i + down] !== value;
      if ((value > 0 && value < 255) || isStep) unsure[i] = 1;
    }
  }
  return nearTo({ width, height, data: unsure }, reach);
}

/** Of each tile the part that holds its cells in the band and their neighbours; a tile without any is left out. */
function* tilesOf({ width, height, band }: EdgeGrid, side: number): Generator<Region> {
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      const tile = { left, top, right: Math.min(width, left + side), bottom: Math.min(height, top + side) };
      // Neighbours of a band that begins just outside belong to this tile, too.
      const box = bandBox(band, width, widened(tile, 1, { width, height }));
      if (box !== undefined) yield common(widened(box, 1, { width, height }), tile);
    }
  }
}

/** The smallest part of a region that holds all its cells of the band. */
function bandBox(band: Uint8Array, width: number, { left, top, right, bottom }: Region): Region | undefined {
  const box = { left: right, top: bottom, right: left, bottom: top };
  for (let y = top; y < bottom; y++) {
    const row = band.subarray(y * width + left, y * width + right);
    const first = row.indexOf(1);
    if (first === -1) continue;
    box.left = Math.min(box.left, left + first);
    box.right = Math.max(box.right, left + row.lastIndexOf(1) + 1);
    box.top = Math.min(box.top, y);
    box.bottom = y + 1;
  }
  return box.bottom > box.top ? box : undefined;
}

function common(a: Region, b: Region): Region {
  return {
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  };
}

function widened({ left, top, right, bottom }: Region, by: number, frame: { width: number; height: number }): Region {
  return {
    left: Math.max(0, left - by),
    top: Math.max(0, top - by),
    right: Math.min(frame.width, right + by),
    bottom: Math.min(frame.height, bottom + by),
  };
}

/** Averages the photo over every cell that some tile looks at, once. */
function shrinkAround(grid: EdgeGrid, image: RgbImage, tiles: readonly Region[], reach: number): void {
  const side = reach;
  const isDone = new Uint8Array(Math.ceil(grid.width / side) * Math.ceil(grid.height / side));
  const across = Math.ceil(grid.width / side);
  for (const tile of tiles) {
    const { left, top, right, bottom } = widened(tile, reach, grid);
    for (let y = Math.floor(top / side); y * side < bottom; y++) {
      for (let x = Math.floor(left / side); x * side < right; x++) {
        if (isDone[y * across + x] === 1) continue;
        isDone[y * across + x] = 1;
        shrinkInto(
          grid,
          image,
          widened({ left: x * side, top: y * side, right: (x + 1) * side, bottom: (y + 1) * side }, 0, grid),
        );
      }
    }
  }
}
