import { type Length, parseLengths } from '#functions/contract/length.ts';
import type { Colour } from '#functions/contract/preset.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { invalid } from './api-error.ts';

/** Reads `true` or `false`. */
export function readBoolean(name: string, text: string): boolean {
  const known = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ]).get(text.toLowerCase());
  if (known === undefined) throw invalid(name, `Expected true or false for ${name}, got ${shown(text)}`);
  return known;
}

/** Reads one word out of some, whatever its case. @returns It as it stands in the list. */
export function readWord<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  const known = words.find((word) => word.toLowerCase() === text.toLowerCase());
  if (known === undefined) throw invalid(name, `Expected one of ${words.join(', ')} for ${name}, got ${shown(text)}`);
  return known;
}

/** Reads a whole number in a range. */
export function readWhole(
  name: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw invalid(name, `Expected a whole number from ${min} to ${max} for ${name}, got ${shown(text)}`);
}

/** Reads lengths with spaces between them: `30px`, `10%`, or a bare number of pixels. */
export function readLengths(name: string, text: string): Length[] {
  const lengths = parseLengths(text);
  if (lengths !== null) return lengths;
  throw invalid(name, `Expected pixels or shares up to 100%, like 30px or 10%, for ${name}, got ${shown(text)}`);
}

/** Reads shares with spaces between them: `50%` or `50% 100%`. */
export function readShares(name: string, text: string): number[] {
  return readLengths(name, text).map((length) => {
    if ('share' in length) return length.share;
    throw invalid(name, `Expected shares, like 50%, for ${name}, got ${shown(text)}`);
  });
}

/**
 * Reads a colour: `81d4fa`, `fff`, `green`; with 4 or 8 digits, too, where they say opaque or nothing at all.
 *
 * @returns Null for a colour that cannot be seen.
 */
export async function readColour(name: string, text: string): Promise<Colour | null> {
  const hex = /^#?((?:[0-9a-f]{3,4}){1,2})$/i.exec(text)?.[1];
  const [r = 0, g = 0, b = 0, alpha = 255] = hex === undefined ? await readNamed(name, text) : digitsOf(hex);
  if (alpha === 0) return null;
  if (alpha === 255) return { r, g, b };
  throw invalid(
    name,
    `Expected a colour one cannot see through for ${name}, got ${shown(text)}. Leave out its opacity.`,
  );
}

function digitsOf(hex: string): number[] {
  const long = hex.length > 4 ? hex : hex.replace(/./g, '$&$&');
  return (long.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
}

/** The imaging library knows the names that CSS knows. */
async function readNamed(name: string, text: string): Promise<Iterable<number>> {
  const wrong = (cause?: unknown) =>
    invalid(name, `Expected a colour like 81d4fa, fff or green for ${name}, got ${shown(text)}`, { cause });
  if (!/^[a-z]{3,20}$/i.test(text)) throw wrong();
  try {
    const pixel = sharp({ create: { width: 1, height: 1, channels: 4, background: text.toLowerCase() } });
    return await pixel.raw().toBuffer();
  } catch (cause) {
    throw wrong(cause);
  }
}

/** A value as an error may repeat it: short and quoted. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
