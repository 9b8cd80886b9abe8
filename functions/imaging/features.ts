import type { Features } from '../contract/confidence.ts';
import { labelParts } from './kernels/label-parts.ts';
import { sampleColours } from './kernels/sample-colours.ts';
import { shrinkMask } from './kernels/shrink-mask.ts';
import { binaryOf } from './measure-mask.ts';
import type { Mask, RgbImage } from './raster.ts';

const SUBJECT = 0.5;
/** Masks are measured at this size at most, so that a network of 1024 px says the same as one of 320. */
export const GRID = 320;
/** Smaller pieces are specks. */
const SMALLEST_PIECE = 0.01;
/** Across the outline colours are compared this far apart, cells of the grid: further than the outline is soft. */
const REACH = 4;
/** From this colour difference on, 0..1, an outline can be seen. */
const VISIBLE = 0.06;

/**
 * Measures what makes a cutout doubtful.
 *
 * @param mask The raw mask. @param photo What the mask is of, any size. Cost: 17 ms, and 10 ms to shrink a mask of 1024 px.
 */
export function measureFeatures(mask: Mask, photo: RgbImage): Features {
  const grid = shrinkMask(mask, GRID);
  const subject = binaryOf(grid.data);
  const colours = sampleColours(photo, grid);
  const place: Grid = { width: grid.width, height: grid.height, subject, colours };
  return { ...certainty(grid.data), ...shape(place), ...outlineColours(place), ...surfaces(place) };
}

interface Grid {
  readonly width: number;
  readonly height: number;
  /** 1 where there is subject. */
  readonly subject: Uint8Array;
  /** The photo's, RGB. */
  readonly colours: Uint8Array;
}

function certainty(values: Float32Array): Pick<Features, 'softness' | 'steadiness' | 'expected' | 'inside'> {
  let [soft, subject, sure, maybe, both, either, inside] = [0, 0, 0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value > SUBJECT) {
      subject++;
      inside += value;
      both += value;
      either++;
    } else either += value;
    if (value > 0.1 && value < 0.9) soft++;
    if (value > 0.8) sure++;
    if (value > 0.2) maybe++;
  }
  return {
    softness: soft / Math.max(subject + soft, 1),
    steadiness: sure / Math.max(maybe, 1),
    expected: both / Math.max(either, 1e-6),
    inside: inside / Math.max(subject, 1),
  };
}

function shape({
  width,
  height,
  subject,
}: Grid): Pick<Features, 'coverage' | 'outline' | 'largest' | 'pieces' | 'border'> {
  const { areas } = labelParts(subject, width, height);
  const area = Math.max(
    areas.reduce((sum, piece) => sum + piece, 0),
    1,
  );
  let [edges, border] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = subject[y * width + x] as number;
      if (x + 1 < width && here !== subject[y * width + x + 1]) edges++;
      if (y + 1 < height && here !== subject[(y + 1) * width + x]) edges++;
      if (here === 1 && (x === 0 || y === 0 || x === width - 1 || y === height - 1)) border++;
    }
  }
  return {
    coverage: Math.log10(Math.max(area / subject.length, 1e-4)),
    outline: Math.log(Math.max(edges, 1) / Math.sqrt(4 * Math.PI * area)),
    largest: Math.max(...areas, 0) / area,
    pieces: Math.log(Math.max(1, areas.filter((piece) => piece >= area * SMALLEST_PIECE).length)),
    border: border / Math.max(2 * (width + height) - 4, 1),
  };
}

/** Compares the photo on both sides of the outline, along rows and along columns. */
function outlineColours(grid: Grid): Pick<Features, 'contrast' | 'blending'> {
  const { width, height, subject, colours } = grid;
  let [count, sum, hidden] = [0, 0, 0];
  const compare = (a: number, b: number) => {
    if (subject[a] === subject[b]) return;
    const difference = colourDifference(colours, a, b);
    count++;
    sum += difference;
    if (difference < VISIBLE) hidden++;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width && subject[i] !== subject[i + 1]) {
        compare(y * width + Math.max(0, x - REACH + 1), y * width + Math.min(width - 1, x + REACH));
      }
      if (y + 1 < height && subject[i] !== subject[i + width]) {
        compare(Math.max(0, y - REACH + 1) * width + x, Math.min(height - 1, y + REACH) * width + x);
      }
    }
  }
  return { contrast: sum / Math.max(count, 1), blending: hidden / Math.max(count, 1) };
}

function surfaces({ width, height, subject, colours }: Grid): Pick<Features, 'clutter' | 'apart'> {
  let [steps, sum] = [0, 0];
  const inside = new Spread();
  const outside = new Spread();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      (subject[i] === 1 ? inside : outside).add(colours, i);
      if (subject[i] === 1 || x + REACH >= width || subject[i + REACH] === 1) continue;
      steps++;
      sum += colourDifference(colours, i, i + REACH);
    }
  }
  return { clutter: sum / Math.max(steps, 1), apart: inside.distance(outside) };
}

/** Mean and spread of colours. */
class Spread {
  #count = 0;
  readonly #sums = [0, 0, 0];
  readonly #squares = [0, 0, 0];

  add(colours: Uint8Array, i: number): void {
    this.#count++;
    for (let c = 0; c < 3; c++) {
      const value = colours[i * 3 + c] as number;
      this.#sums[c] = (this.#sums[c] as number) + value;
      this.#squares[c] = (this.#squares[c] as number) + value * value;
    }
  }

  /** Distance of the means by the sum of the spreads; 0 where either has no pixel. */
  distance(other: Spread): number {
    if (this.#count === 0 || other.#count === 0) return 0;
    const gap = Math.hypot(...this.#means().map((mean, c) => mean - (other.#means()[c] as number)));
    // A perfectly even surface still has a photo's noise.
    return gap / (this.#deviation() + other.#deviation() + 8);
  }

  #means(): number[] {
    return this.#sums.map((sum) => sum / this.#count);
  }

  #deviation(): number {
    const means = this.#means();
    const variances = this.#squares.map((square, c) => Math.max(0, square / this.#count - (means[c] as number) ** 2));
    return Math.sqrt(variances.reduce((sum, variance) => sum + variance, 0));
  }
}

/** Largest difference of a channel, 0..1. */
function colourDifference(colours: Uint8Array, a: number, b: number): number {
  let largest = 0;
  for (let c = 0; c < 3; c++) {
    largest = Math.max(largest, Math.abs((colours[a * 3 + c] as number) - (colours[b * 3 + c] as number)));
  }
  return largest / 255;
}
