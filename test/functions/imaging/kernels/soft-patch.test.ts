import { expect, test } from 'vitest';
import { softPatch } from '#functions/imaging/kernels/soft-patch.ts';
import { drawMask } from '#test/support/rasters.ts';

/** A 10 x 10 square that is certain, with a block of half certainty beside it. */
function withBlock(side: number) {
  const [width, height] = [40, 20];
  const data = Float32Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (x >= 2 && x < 12 && y >= 5 && y < 15) return 1;
    return x >= 14 && x < 14 + side && y >= 3 && y < 3 + side ? 0.4 : 0;
  });
  return { width, height, data };
}

test('counts what is undecided together with all around it', () => {
  // Of 9 x 9 the inner 5 x 5 have two undecided pixels to each side, and the inner 3 x 3 have three; the square has 100.
  expect(softPatch(withBlock(9), 2)).toBeCloseTo(25 / 100, 9);
  expect(softPatch(withBlock(9), 3)).toBeCloseTo(9 / 100, 9);
});

test('a soft outline is none', () => {
  const ramp = drawMask('..258##852..', '..258##852..', '..258##852..', '..258##852..');

  expect(softPatch(ramp, 2)).toBe(0);
});

test('is 0 without a subject, and without doubt', () => {
  expect(softPatch(drawMask('44', '44'), 1)).toBe(0);
  expect(softPatch(drawMask('##', '..'), 1)).toBe(0);
});
