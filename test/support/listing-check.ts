import sharp from 'sharp';
import type { RuleResult } from '#functions/contract/preset-rules.ts';

/** What an independent look at a finished file finds: written apart from the product's own checks, and in another way. */
export interface ListingFacts {
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly format: string;
  readonly bits: number;
  /** What libvips calls it, unless a profile is in the file that nowhere names sRGB. */
  readonly colourSpace: string;
  /** Largest distance from white at least {@link distanceOf} away from everything that is clearly not white. */
  readonly dirt: number;
  /** The same, without what hangs together with something clearly not white, block by block: a pale part of the subject is no dirt. */
  readonly looseDirt: number;
  /** The box of everything clearly not white; right and bottom exclusive, all 0 where there is nothing. */
  readonly box: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/** Clearly not white: at least so far from it in some channel. */
const CLEARLY = 40;

/** What JPEG and a soft edge may colour around a subject, in px. */
function distanceOf({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.max(16, Math.round(Math.max(width, height) * 0.02));
}

/** Decodes a file with sharp alone and measures it against white. */
export async function lookAtListing(bytes: Uint8Array): Promise<ListingFacts> {
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const { format = 'none', depth, space, icc } = await sharp(bytes).metadata();
  const distance = new Uint8Array(width * height);
  for (let pixel = 0; pixel < distance.length; pixel++) {
    let darkest = 255;
    for (let c = 0; c < Math.min(3, channels); c++) darkest = Math.min(darkest, data[pixel * channels + c] ?? 0);
    distance[pixel] = 255 - darkest;
  }
  return {
    width,
    height,
    bytes: bytes.length,
    format,
    bits: depth === 'uchar' ? 8 : 16,
    colourSpace: icc === undefined || namesSrgb(icc) ? space : 'another profile',
    ...measure(distance, width, height),
  };
}

/** Profiles of version 4 write their names in UTF-16. */
function namesSrgb(profile: Uint8Array): boolean {
  return Buffer.from(profile.filter((byte) => byte !== 0)).includes('sRGB');
}

function measure(
  distance: Uint8Array,
  width: number,
  height: number,
): Pick<ListingFacts, 'dirt' | 'looseDirt' | 'box'> {
  // A count of subject pixels in every rectangle, so that a neighbourhood is one look.
  const sums = new Int32Array((width + 1) * (height + 1));
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      if ((distance[y * width + x] ?? 0) >= CLEARLY) {
        row++;
        left = Math.min(left, x);
        top = Math.min(top, y);
        right = Math.max(right, x + 1);
        bottom = y + 1;
      }
      sums[(y + 1) * (width + 1) + x + 1] = row + (sums[y * (width + 1) + x + 1] ?? 0);
    }
  }
  const reach = distanceOf({ width, height });
  const sum = (x: number, y: number) => sums[y * (width + 1) + x] ?? 0;
  const { across, isJoined } = joinedToClear(distance, width);
  let [dirt, looseDirt] = [0, 0];
  for (let y = 0; y < height; y++) {
    const [y0, y1] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
    for (let x = 0; x < width; x++) {
      const here = distance[y * width + x] ?? 0;
      if (here <= looseDirt) continue;
      const [x0, x1] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
      if (sum(x1, y1) - sum(x0, y1) - sum(x1, y0) + sum(x0, y0) > 0) continue;
      dirt = Math.max(dirt, here);
      if (isJoined[Math.floor(y / BLOCK) * across + Math.floor(x / BLOCK)] === 0) looseDirt = here;
    }
  }
  const box = right === 0 ? { left: 0, top: 0, right: 0, bottom: 0 } : { left, top, right, bottom };
  return { dirt, looseDirt, box };
}

/** Side of the blocks that hang together where both hold something: a white product has spots that are quite white. */
const BLOCK = 16;

/** Marks the blocks that hang together, by sides or corners, with one that holds something clearly not white. */
function joinedToClear(
  distance: Uint8Array,
  width: number,
): { readonly across: number; readonly isJoined: Uint8Array } {
  const across = Math.ceil(width / BLOCK);
  const down = Math.ceil(distance.length / width / BLOCK);
  const darkest = new Uint8Array(across * down);
  for (let pixel = 0; pixel < distance.length; pixel++) {
    const block = Math.floor(Math.floor(pixel / width) / BLOCK) * across + Math.floor((pixel % width) / BLOCK);
    darkest[block] = Math.max(darkest[block] ?? 0, distance[pixel] ?? 0);
  }
  const isJoined = new Uint8Array(darkest.length);
  const open = [...darkest.keys()].filter((block) => (darkest[block] ?? 0) >= CLEARLY);
  for (const block of open) isJoined[block] = 1;
  for (let block = open.pop(); block !== undefined; block = open.pop()) {
    const [x, y] = [block % across, Math.floor(block / across)];
    for (let v = Math.max(0, y - 1); v <= Math.min(down - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(across - 1, x + 1); u++) {
        const next = v * across + u;
        if (isJoined[next] === 1 || darkest[next] === 0) continue;
        isJoined[next] = 1;
        open.push(next);
      }
    }
  }
  return { across, isJoined };
}

/**
 * Which rules are said to pass that the look finds broken. `area_fill` is left out: where a subject is lighter than
 * "clearly not white" it can't be told from a picture on white.
 *
 * @param softPx How wide the subject's soft edge is, of which the look sees more or less than the product does.
 */
export function brokenPromises(seen: ListingFacts, rules: readonly RuleResult[], softPx = 2): RuleResult[] {
  return rules.filter((rule) => rule.passed && !holds(rule, seen, softPx));
}

function holds(
  { check, min = 0, max = Number.POSITIVE_INFINITY, oneOf }: RuleResult,
  seen: ListingFacts,
  soft: number,
) {
  if (check === 'format') return oneOf?.includes(seen.format) === true;
  if (check === 'colour_space') return oneOf?.includes(seen.colourSpace) === true;
  if (check === 'area_fill') return true;
  const [value, tolerance] = seenAs(check, seen, soft);
  return value >= min - tolerance && value <= max + tolerance;
}

/** @returns What was seen, and how far a soft edge may move it. */
function seenAs(
  check: Exclude<RuleResult['check'], 'format' | 'colour_space' | 'area_fill'>,
  { width, height, bytes, bits, dirt, box }: ListingFacts,
  soft: number,
): readonly [value: number, tolerance: number] {
  const [across, down] = [box.right - box.left, box.bottom - box.top];
  const margins = [box.left, box.top, width - box.right, height - box.bottom];
  const [left = 0, top = 0, right = 0, bottom = 0] = margins;
  switch (check) {
    case 'width':
      return [width, 0];
    case 'height':
      return [height, 0];
    case 'longest_side':
      return [Math.max(width, height), 0];
    case 'shortest_side':
      return [Math.min(width, height), 0];
    case 'side_sum':
      return [width + height, 0];
    case 'pixels':
      return [width * height, 0];
    case 'ratio':
      return [width / height, 1e-4];
    case 'bytes':
      return [bytes, 0];
    case 'bits':
      return [bits, 0];
    case 'background':
      return [dirt, 0];
    case 'fill':
      return [Math.max(across / width, down / height), (2 * soft) / Math.min(width, height)];
    case 'subject_width':
      return [across, 2 * soft];
    case 'subject_height':
      return [down, 2 * soft];
    case 'margin':
      return [Math.min(...margins), soft];
    case 'off_centre':
      return [
        Math.max(Math.abs(left - right) / 2 / width, Math.abs(top - bottom) / 2 / height),
        soft / Math.min(width, height),
      ];
    case 'cut_off':
      return [margins.filter((margin) => margin === 0).length, 0];
  }
}
