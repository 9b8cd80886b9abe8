import type { EdgeGrid, Region } from './edge-grid.ts';

/** A side that weighs less than this share of both is nothing but the other side's uncertainty. */
const LEAST_SHARE = 0.005;

/** Weight, red, green, blue and squared length of the subject's colours, then of the background's. */
const SUMS = 10;

/** Sums of one tile and the cells around it; kept from tile to tile. */
export class ColourSums {
  rows = new Float64Array(0);
  line = new Float64Array(0);

  /** Makes room for `cells` cells in rows of `width`. */
  reserve(cells: number, width: number): void {
    if (this.rows.length < cells * SUMS) this.rows = new Float64Array(cells * SUMS);
    if (this.line.length < width * SUMS) this.line = new Float64Array(width * SUMS);
  }
}

interface LocalColours {
  /** What is written: the cells of this region. */
  readonly region: Region;
  /** Cells from a cell to the farthest that counts, along each axis. */
  readonly reach: number;
  readonly sums: ColourSums;
}

/**
 * Writes what colours the subject and the background have around each cell: means over a square, each cell weighted by the
 * square of its opacity, or of what it lacks of it. Where one side has next to no weight, both colours are the photo's.
 *
 * All sums are of whole numbers below 2^53, so that a tile has the values of the whole. Cost: about 60 ns a cell.
 */
export function localColoursInto(grid: EdgeGrid, { region, reach, sums }: LocalColours): void {
  const { left, top, right, bottom } = region;
  const width = right - left;
  const from = Math.max(0, top - reach);
  const to = Math.min(grid.height, bottom + reach);
  sums.reserve(width * (to - from), width);
  const { rows, line } = sums;
  for (let y = from; y < to; y++) sumRowInto(rows, (y - from) * width * SUMS, { grid, y, left, right, reach });

  const length = width * SUMS;
  line.fill(0, 0, length);
  for (let y = from; y < Math.min(to, top + reach); y++) addLine(line, rows, (y - from) * length, length);
  for (let y = top; y < bottom; y++) {
    if (y + reach < to) addLine(line, rows, (y + reach - from) * length, length);
    if (y - reach - 1 >= from) subtractLine(line, rows, (y - reach - 1 - from) * length, length);
    for (let x = left; x < right; x++) writeCell(grid, y * grid.width + x, line, (x - left) * SUMS);
  }
}

interface Row {
  readonly grid: EdgeGrid;
  readonly y: number;
  readonly left: number;
  readonly right: number;
  readonly reach: number;
}

/** Sums over each cell's horizontal neighbourhood. */
function sumRowInto(rows: Float64Array, start: number, { grid, y, left, right, reach }: Row): void {
  const { width, alpha, photo } = grid;
  const row = y * width;
  let [f, fr, fg, fb, ff, b, br, bg, bb, bq] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const count = (x: number, sign: number) => {
    const opacity = alpha[row + x] as number;
    const at = (row + x) * 3;
    const red = photo[at] as number;
    const green = photo[at + 1] as number;
    const blue = photo[at + 2] as number;
    const squared = red * red + green * green + blue * blue;
    if (opacity > 0) {
      const weight = sign * opacity * opacity;
      f += weight;
      fr += weight * red;
      fg += weight * green;
      fb += weight * blue;
      ff += weight * squared;
    }
    if (opacity < 255) {
      const weight = sign * (255 - opacity) * (255 - opacity);
      b += weight;
      br += weight * red;
      bg += weight * green;
      bb += weight * blue;
      bq += weight * squared;
    }
  };
  for (let x = Math.max(0, left - reach); x < Math.min(width, left + reach); x++) count(x, 1);
  for (let x = left, at = start; x < right; x++, at += SUMS) {
    if (x + reach < width) count(x + reach, 1);
    if (x - reach - 1 >= Math.max(0, left - reach)) count(x - reach - 1, -1);
    rows[at] = f;
    rows[at + 1] = fr;
    rows[at + 2] = fg;
    rows[at + 3] = fb;
    rows[at + 4] = ff;
    rows[at + 5] = b;
    rows[at + 6] = br;
    rows[at + 7] = bg;
    rows[at + 8] = bb;
    rows[at + 9] = bq;
  }
}

function addLine(line: Float64Array, rows: Float64Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) line[i] = (line[i] as number) + (rows[start + i] as number);
}

function subtractLine(line: Float64Array, rows: Float64Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) line[i] = (line[i] as number) - (rows[start + i] as number);
}

function writeCell({ photo, front, back, spread }: EdgeGrid, cell: number, line: Float64Array, at: number): void {
  const to = cell * 3;
  const f = line[at] as number;
  const b = line[at + 5] as number;
  if (f <= LEAST_SHARE * (f + b) || b <= LEAST_SHARE * (f + b)) {
    for (let channel = to; channel < to + 3; channel++) {
      front[channel] = photo[channel] as number;
      back[channel] = photo[channel] as number;
    }
    spread[cell * 2] = 255;
    spread[cell * 2 + 1] = 255;
    return;
  }
  let [frontSpread, backSpread] = [(line[at + 4] as number) / f, (line[at + 9] as number) / b];
  for (let channel = 0; channel < 3; channel++) {
    const meanFront = (line[at + 1 + channel] as number) / f;
    const meanBack = (line[at + 6 + channel] as number) / b;
    front[to + channel] = meanFront + 0.5;
    back[to + channel] = meanBack + 0.5;
    frontSpread -= meanFront * meanFront;
    backSpread -= meanBack * meanBack;
  }
  spread[cell * 2] = Math.min(255, Math.sqrt(Math.max(0, frontSpread / 3)) + 0.5);
  spread[cell * 2 + 1] = Math.min(255, Math.sqrt(Math.max(0, backSpread / 3)) + 0.5);
}
