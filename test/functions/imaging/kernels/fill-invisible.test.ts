import { expect, test } from 'vitest';
import { fillInvisible } from '#functions/imaging/kernels/fill-invisible.ts';
import { pixelAt } from '#test/support/rasters.ts';

/** RGBA of 20 x 10: red at (0, 0), half-transparent blue at (1, 0), nothing elsewhere. */
function cutout() {
  const data = new Uint8Array(20 * 10 * 4);
  data.set([200, 0, 0, 255, 0, 0, 100, 128], 0);
  return { width: 20, height: 10, data };
}

test('keeps colours and opacity of what is seen', () => {
  const { rgb, alpha } = fillInvisible(cutout());

  const picture = { width: 20, height: 10, data: rgb };
  expect([pixelAt(picture, 0, 0), pixelAt(picture, 1, 0)]).toEqual([
    [200, 0, 0],
    [0, 0, 100],
  ]);
  expect([...alpha.subarray(0, 3)]).toEqual([255, 128, 0]);
});

test('gives the rest of a block the mean of what is seen there, weighed by opacity', () => {
  const { rgb, alpha } = fillInvisible(cutout());

  const picture = { width: 20, height: 10, data: rgb };
  // (200 x 255 + 0 x 128) / 383 = 133.2; (0 x 255 + 100 x 128) / 383 = 33.4
  expect([pixelAt(picture, 2, 0), pixelAt(picture, 7, 7)]).toEqual([
    [133, 0, 33],
    [133, 0, 33],
  ]);
  expect(alpha.filter((value) => value > 0)).toHaveLength(2);
});

test('leaves blocks black in which nothing is seen, also those that the frame cuts off', () => {
  const { rgb } = fillInvisible(cutout());

  const picture = { width: 20, height: 10, data: rgb };
  for (const [x, y] of [
    [8, 0],
    [0, 8],
    [19, 9],
  ] as const) {
    expect(pixelAt(picture, x, y)).toEqual([0, 0, 0]);
  }
});
