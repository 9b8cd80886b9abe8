import { InvalidArgumentError } from 'commander';
import type { Colour } from '#functions/contract/preset.ts';
import type { Layout } from '#functions/contract/preset-layout.ts';

/** Reads a whole number in a range. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Reads `transparent`, `white` or `#rrggbb`. */
export function colour(text: string): 'transparent' | Colour {
  if (text === 'transparent') return text;
  if (text === 'white') return { r: 255, g: 255, b: 255 };
  const [, r, g, b] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (r === undefined || g === undefined || b === undefined) {
    throw new InvalidArgumentError('Expected transparent, white or a colour like #f5f5f5.');
  }
  return { r: Number.parseInt(r, 16), g: Number.parseInt(g, 16), b: Number.parseInt(b, 16) };
}

/** Reads `30px`, `30` or `10%`, the last below 50. */
export function cropMargin(text: string): NonNullable<Layout['margin']> {
  const [, number, unit] = /^(\d{1,4})(px|%)?$/.exec(text) ?? [];
  if (number === undefined || (unit === '%' && Number(number) >= 50)) {
    throw new InvalidArgumentError('Expected pixels or a share below 50%, like 30px or 10%.');
  }
  return unit === '%' ? { share: Number(number) / 100 } : { px: Number(number) };
}

/** Reads `80%`. @returns 0.01..1. */
export function sizeShare(text: string): number {
  const share = percent(text);
  if (share !== null && share > 0) return share;
  throw new InvalidArgumentError('Expected a share from 1% to 100%.');
}

/** Reads `center`, `50%` or `50%,100%`. */
export function position(text: string): NonNullable<Layout['position']> {
  if (text === 'center') return { x: 0.5, y: 0.5 };
  const [x = '', y = x, ...more] = text.split(/[\s,]+/);
  const [left, top] = [percent(x), percent(y)];
  if (left !== null && top !== null && more.length === 0) return { x: left, y: top };
  throw new InvalidArgumentError('Expected center, or shares like 50% or 50%,100%.');
}

/** Reads `2000x2000`. */
export function size(text: string): { width: number; height: number } {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/i.exec(text) ?? [];
  if (width !== undefined && height !== undefined) return { width: Number(width), height: Number(height) };
  throw new InvalidArgumentError('Expected pixels like 2000x2000.');
}

function percent(text: string): number | null {
  const [, number] = /^(\d{1,3})%$/.exec(text) ?? [];
  return number === undefined || Number(number) > 100 ? null : Number(number) / 100;
}
