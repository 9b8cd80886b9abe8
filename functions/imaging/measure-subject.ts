import type { Colour } from '../contract/preset.ts';
import { farFrom } from './kernels/far-from.ts';
import { fillEnclosed } from './kernels/fill-enclosed.ts';
import { boxOf } from './kernels/subject-box.ts';
import type { Alpha, Raster } from './raster.ts';
import { SUBJECT_OPACITY, surroundingsPx } from './surroundings.ts';

/** A subject as it lies in its picture. */
interface Found {
  readonly opacity: Alpha;
  /** Sides of an earlier frame that had cut it off, 0..4. */
  readonly cutOff: number;
}

/** In a picture without opacity, from this difference to the background on, 0..255: more than JPEG adds to a plain one. */
const SUBJECT_DIFFERENCE = 24;

/** Finds the subject of a picture nobody has a mask of: what is opaque, or what differs from the background. */
export function findSubject(raster: Raster, background: Colour | null): Found {
  const { width, height, data } = raster;
  const marks = new Uint8Array(width * height);
  const behind = background ?? edgeColour(raster);
  let hasOpacity = false;
  for (let pixel = 0, i = 0; pixel < marks.length; pixel++, i += 4) {
    if ((data[i + 3] as number) < 255) hasOpacity = true;
    if (differenceAt(data, i, behind) > SUBJECT_DIFFERENCE) marks[pixel] = 255;
  }
  if (hasOpacity) for (let pixel = 0; pixel < marks.length; pixel++) marks[pixel] = data[pixel * 4 + 3] as number;
  const subject = withoutSpecks(marks, width, height);
  // A light surface inside a product is not background. That a hole is clean can't be told without a mask.
  const filled = hasOpacity ? subject : fillEnclosed({ width, height, data: subject }, SUBJECT_OPACITY);
  return { opacity: { width, height, data: filled }, cutOff: 0 };
}

/** Measures a subject in its frame. Without any, it fills nothing and is missing on all four sides. */
export function measureSubject(raster: Raster, { opacity, cutOff }: Found, background: Colour | null) {
  const { width, height, data } = raster;
  const box = boxOf(opacity, SUBJECT_OPACITY);
  const subject = opacity.data.map((value) => (value >= SUBJECT_OPACITY ? 1 : 0));
  const far = farFrom({ width, height, data: subject }, surroundingsPx({ width, height }));
  const off =
    background === null ? 0 : Math.max(largestDifference(data, far, background), edgeDifference(raster, background));
  if (box === null) {
    return { ...NO_SUBJECT, background: off };
  }
  const edges = [box.left, box.top, width - box.left - box.width, height - box.top - box.height];
  const [left = 0, top = 0, right = 0, bottom = 0] = edges;
  return {
    fill: Math.max(box.width / width, box.height / height),
    area_fill: subject.reduce((sum, value) => sum + value, 0) / subject.length,
    subject_width: box.width,
    subject_height: box.height,
    margin: Math.min(...edges),
    off_centre: Math.max(Math.abs(left - right) / 2 / width, Math.abs(top - bottom) / 2 / height),
    cut_off: Math.max(cutOff, edges.filter((edge) => edge === 0).length),
    background: off,
  };
}

const NO_SUBJECT = {
  fill: 0,
  area_fill: 0,
  subject_width: 0,
  subject_height: 0,
  margin: 0,
  off_centre: 1,
  cut_off: 4,
} as const;

/** A transparent pixel is not of the background's colour, whatever its values. */
function largestDifference(data: Uint8Array, where: Uint8Array, colour: Colour): number {
  let largest = 0;
  for (let pixel = 0, i = 0; pixel < where.length; pixel++, i += 4) {
    if (where[pixel] === 0) continue;
    const seen = Math.max(differenceAt(data, i, colour), 255 - (data[i + 3] as number));
    if (seen > largest) largest = seen;
  }
  return largest;
}

function differenceAt(data: Uint8Array, i: number, { r, g, b }: Colour): number {
  return Math.max(
    Math.abs((data[i] as number) - r),
    Math.abs((data[i + 1] as number) - g),
    Math.abs((data[i + 2] as number) - b),
  );
}

/**
 * How far the frame's edge is from the background colour, in the middle of all its pixels: in a picture with another
 * background everything is subject, and nothing else would be left to measure.
 */
function edgeDifference(raster: Raster, background: Colour): number {
  return median(edgePixels(raster).map((pixel) => differenceAt(raster.data, pixel * 4, background)));
}

/** The median of the frame's outermost pixels, a channel at a time. */
function edgeColour(raster: Raster): Colour {
  const edge = edgePixels(raster);
  const middle = (channel: number) => median(edge.map((pixel) => raster.data[pixel * 4 + channel] as number));
  return { r: middle(0), g: middle(1), b: middle(2) };
}

function edgePixels({ width, height }: Raster): number[] {
  const pixels: number[] = [];
  for (let x = 0; x < width; x++) pixels.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y++) pixels.push(y * width, y * width + width - 1);
  return pixels;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Keeps a pixel only as part of a 2 x 2 block of subject. */
function withoutSpecks(marks: Uint8Array, width: number, height: number): Uint8Array {
  const kept = new Uint8Array(marks.length);
  const isMarked = (i: number) => (marks[i] as number) >= SUBJECT_OPACITY;
  for (let y = 0; y + 1 < height; y++) {
    for (let i = y * width; i < y * width + width - 1; i++) {
      if (!(isMarked(i) && isMarked(i + 1) && isMarked(i + width) && isMarked(i + width + 1))) continue;
      for (const part of [i, i + 1, i + width, i + width + 1]) kept[part] = 255;
    }
  }
  return kept;
}
