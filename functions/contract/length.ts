import { z } from 'zod';

const longestPx = 16_383;

/** A length in px of the photo or frame, or as a share of one of its sides. */
export const Length = z.union([
  z.strictObject({ px: z.int().min(0).max(longestPx) }),
  z.strictObject({ share: z.number().min(0).max(1) }),
]);
export type Length = z.infer<typeof Length>;

/** Reads lengths with spaces or commas between them: `30px`, `10%`, or a bare number of px. @returns null for anything else. */
export function parseLengths(text: string): Length[] | null {
  const lengths = text
    .trim()
    .split(/[\s,]+/)
    .map(parseLength);
  return lengths.every((length) => length !== null) ? lengths : null;
}

function parseLength(word: string): Length | null {
  const [, number, unit] = /^(\d{1,5}(?:\.\d{1,6})?)(px|%)?$/.exec(word) ?? [];
  if (number === undefined) return null;
  const value = Number(number);
  if (unit === '%') return value <= 100 ? { share: value / 100 } : null;
  return value <= longestPx ? { px: Math.round(value) } : null;
}

/** @param side px of what a share is a share of. */
export function lengthInPx(length: Length, side: number): number {
  return 'px' in length ? length.px : Math.round(length.share * side);
}
