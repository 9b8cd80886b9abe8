import { z } from 'zod';
import { Length, lengthInPx, parseLengths } from './length.ts';

const corners = z
  .strictObject({ left: Length, top: Length, right: Length, bottom: Length })
  .superRefine(({ left, top, right, bottom }, context) => {
    for (const [path, from, to] of [
      ['right', left, right],
      ['bottom', top, bottom],
    ] as const) {
      if (isBefore(from, to)) continue;
      const message = 'Expected a region whose second corner lies right of its first and below it';
      context.addIssue({ code: 'custom', path: [path], message });
    }
  });

const words = z.string().transform((text, context): unknown => {
  const [left, top, right, bottom, ...more] = parseLengths(text) ?? [];
  if (bottom !== undefined && more.length === 0) return { left, top, right, bottom };
  context.addIssue({
    code: 'custom',
    message: `Expected two corners like "0% 0% 50% 100%" or "10px 20px 400px 300px", got ${JSON.stringify(text)}`,
  });
  return z.NEVER;
});

/**
 * Where in the upright photo the subject may be: what lies outside is background, whatever it shows. As an object, or as
 * text `x1 y1 x2 y2` in px or %.
 */
export const Region = z.union([corners, words.pipe(corners)]);
export type Region = z.infer<typeof corners>;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whole pixels of a photo. */
export interface RegionBox extends Size {
  readonly left: number;
  readonly top: number;
}

/** @returns The region's pixels, what stands over the photo cut off; null where nothing of it lies in the photo. */
export function regionInPx(region: Region, photo: Size): RegionBox | null {
  const left = lengthInPx(region.left, photo.width);
  const top = lengthInPx(region.top, photo.height);
  const width = Math.min(lengthInPx(region.right, photo.width), photo.width) - left;
  const height = Math.min(lengthInPx(region.bottom, photo.height), photo.height) - top;
  return width > 0 && height > 0 ? { left, top, width, height } : null;
}

/** Lengths of different units can only be compared on a photo. */
function isBefore(from: Length, to: Length): boolean {
  if ('px' in from && 'px' in to) return from.px < to.px;
  return !('share' in from && 'share' in to) || from.share < to.share;
}
