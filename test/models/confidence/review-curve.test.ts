import { expect, test } from 'vitest';
import { drawCurves } from '#models/confidence/draw-curve.ts';
import { caughtWithin, reviewCurve } from '#models/confidence/review-curve.ts';

/** `x` is bad, `.` good, the least confident first. */
const photos = (marks: string) =>
  [...marks].map((mark, i) => ({ confidence: i / marks.length, isBad: mark === 'x' })).reverse();

test('counts what is caught from the least confident on, and the best any order could catch', () => {
  const curve = reviewCurve(photos('x.x.......'));

  expect(caughtWithin(curve, 0.1)).toEqual({ budget: 0.1, caught: 0.5, possible: 0.5 });
  expect(caughtWithin(curve, 0.2)).toMatchObject({ caught: 0.5, possible: 1 });
  expect(caughtWithin(curve, 0.3)).toMatchObject({ caught: 1, possible: 1 });
});

test('a budget of less than one photo catches nothing', () => {
  expect(caughtWithin(reviewCurve(photos('x...')), 0.1)).toEqual({ budget: 0, caught: 0, possible: 0 });
});

test('where nothing is bad, everything is caught', () => {
  expect(caughtWithin(reviewCurve(photos('....')), 0.25).caught).toBe(1);
});

test('the drawing names each curve with its figure', () => {
  const svg = drawCurves([{ name: 'a<b', curve: reviewCurve(photos('x.x.......')) }]);

  expect(svg).toContain('a&lt;b: 50 % within 10 %, of 50 % possible');
  expect(svg.match(/<polyline/g)?.length).toBeGreaterThan(2);
});
