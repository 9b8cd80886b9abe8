import { InvalidArgumentError } from 'commander';
import { parseLengths } from '#functions/contract/length.ts';
import type { Colour } from '#functions/contract/preset.ts';
import type { Layout } from '#functions/contract/preset-layout.ts';
import { Region } from '#functions/contract/region.ts';

/** Reads a whole number in a range. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Reads `transparent`, `white`, `black`, `#rrggbb` or `rgb`, the `#` left out or not. */
export function colour(text: string): 'transparent' | Colour {
  if (text === 'transparent') return text;
  const digits = { white: 'ffffff', black: '000000' }[text] ?? /^#?((?:[0-9a-f]{3}){1,2})$/i.exec(text)?.[1];
  if (digits === undefined) {
    throw new InvalidArgumentError('Expected transparent, white, black or a colour like #f5f5f5 or 81d4fa.');
  }
  const long = digits.length === 6 ? digits : digits.replace(/./g, '$&$&');
  const [r = 0, g = 0, b = 0] = (long.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return { r, g, b };
}

/** Reads the two corners of a region of interest: `0% 0% 50% 100%` or `10px 20px 400px 300px`. */
export function region(text: string): Region {
  const read = Region.safeParse(text);
  if (read.success) return read.data;
  throw new InvalidArgumentError(`${read.error.issues.map(({ message }) => message).join('; ')}.`);
}

/** Reads `30px`, `30` or `10%`: one margin for all sides, two for top/bottom and left/right, or four from the top on. */
export function cropMargin(text: string): NonNullable<Layout['margin']> {
  const [top, right = top, bottom = top, left = right, ...more] = parseLengths(text) ?? [];
  const given = (parseLengths(text) ?? []).length;
  const isTooWide = [top, right, bottom, left].some(
    (side) => side !== undefined && 'share' in side && side.share >= 0.5,
  );
  if (top === undefined || right === undefined || bottom === undefined || left === undefined) throw wrongMargin();
  if (isTooWide || given === 3 || more.length > 0) throw wrongMargin();
  return given === 1 ? top : { top, right, bottom, left };
}

function wrongMargin(): InvalidArgumentError {
  return new InvalidArgumentError(
    'Expected one, two or four margins in pixels or shares below 50%, like 30px, 10% or "10px 20px 30px 20px".',
  );
}

/** Reads `80%`. @returns 0.01..1; `original`: the subject keeps its size. */
export function sizeShare(text: string): number | 'original' {
  if (text === 'original') return text;
  const share = percent(text);
  if (share !== null && share > 0) return share;
  throw new InvalidArgumentError('Expected original, or a share from 1% to 100%.');
}

/** Reads `center`, `50%` or `50%,100%`; `original`: the subject stays where it is. */
export function position(text: string): NonNullable<Layout['position']> | 'original' {
  if (text === 'original') return text;
  if (text === 'center') return { x: 0.5, y: 0.5 };
  const [x = '', y = x, ...more] = text.split(/[\s,]+/);
  const [left, top] = [percent(x), percent(y)];
  if (left !== null && top !== null && more.length === 0) return { x: left, y: top };
  throw new InvalidArgumentError('Expected original, center, or shares like 50% or 50%,100%.');
}

/** Reads `2000x2000`; `full`, `auto`: as large as the photo. */
export function size(text: string): { width: number; height: number } | 'full' {
  if (text === 'full' || text === 'auto') return 'full';
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(text) ?? [];
  if (width !== undefined && height !== undefined) return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('Expected pixels like 2000x2000, or full for as many as the photo has.');
}

/** Reads `35%`. @returns 0..1. */
export function share(text: string): number {
  const value = percent(text);
  if (value !== null) return value;
  throw new InvalidArgumentError('Expected a share from 0% to 100%.');
}

/** Reads a number from 0 to 1. */
export function ratio(text: string): number {
  const value = Number(text);
  if (/^\d*\.?\d+$/.test(text) && value <= 1) return value;
  throw new InvalidArgumentError('Expected a number from 0 to 1, like 0.5.');
}

function percent(text: string): number | null {
  const [, number] = /^(\d{1,3})%$/.exec(text) ?? [];
  return number === undefined || Number(number) > 100 ? null : Number(number) / 100;
}
