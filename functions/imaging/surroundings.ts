/** Around a subject, soft edges and JPEG's ringing are let be this far: 16 px, or this share of the longest side where that is more. */
const SURROUNDINGS = { px: 16, share: 0.02 };

/** How far from a subject the background begins, in px. */
export function surroundingsPx({ width, height }: { readonly width: number; readonly height: number }): number {
  return Math.max(SURROUNDINGS.px, Math.round(Math.max(width, height) * SURROUNDINGS.share));
}

/** From this opacity on a pixel counts as subject when it is measured. */
export const SUBJECT_OPACITY = 128;
