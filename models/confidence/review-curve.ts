/** One photo of a batch that is reviewed. */
export interface Reviewed {
  /** 0..1. */
  readonly confidence: number;
  readonly isBad: boolean;
}

/** What a review of the least confident catches. */
export interface ReviewPoint {
  /** Share of the batch that is looked at, 0..1. */
  readonly budget: number;
  /** Share of the bad cutouts among what is looked at, 0..1. */
  readonly caught: number;
  /** The most that any order could catch: it would put every bad one first. */
  readonly possible: number;
}

/** @returns From no review to a review of everything, a point a photo. */
export function reviewCurve(photos: readonly Reviewed[]): ReviewPoint[] {
  const worstFirst = [...photos].sort((a, b) => a.confidence - b.confidence);
  const bad = photos.filter(({ isBad }) => isBad).length;
  const points: ReviewPoint[] = [{ budget: 0, caught: 0, possible: 0 }];
  let caught = 0;
  for (const [index, { isBad }] of worstFirst.entries()) {
    if (isBad) caught++;
    points.push({
      budget: (index + 1) / photos.length,
      caught: bad === 0 ? 1 : caught / bad,
      possible: bad === 0 ? 1 : Math.min(1, (index + 1) / bad),
    });
  }
  return points;
}

/** @returns What a budget catches: the last point within it. */
export function caughtWithin(curve: readonly ReviewPoint[], budget: number): ReviewPoint {
  const within = curve.filter((point) => point.budget <= budget + 1e-9);
  return within.at(-1) ?? { budget: 0, caught: 0, possible: 0 };
}
