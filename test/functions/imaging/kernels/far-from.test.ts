import { expect, test } from 'vitest';
import { farFrom } from '#functions/imaging/kernels/far-from.ts';
import { boxOf } from '#functions/imaging/kernels/subject-box.ts';
import { seededRandom } from '#test/support/rasters.ts';

test('agrees with a look at every pair of pixels', () => {
  const random = seededRandom(7);
  for (const [width, height, reach] of [
    [13, 9, 2],
    [1, 6, 1],
    [20, 20, 4],
    [5, 5, 9],
  ] as const) {
    const data = Uint8Array.from({ length: width * height }, () => (random() < 0.04 ? 1 : 0));
    const isFar = (pixel: number) =>
      data.every(
        (value, other) =>
          value === 0 ||
          Math.max(
            Math.abs((other % width) - (pixel % width)),
            Math.abs(Math.floor(other / width) - Math.floor(pixel / width)),
          ) > reach,
      );

    expect([...farFrom({ width, height, data }, reach)]).toEqual([...data].map((_, i) => (isFar(i) ? 1 : 0)));
  }
});

test('a box is drawn around whatever is strong enough', () => {
  const data = Uint8Array.from([0, 0, 90, 0, 0, 200, 0, 0, 0, 0, 0, 128]);

  expect(boxOf({ width: 4, height: 3, data }, 128)).toEqual({ left: 1, top: 1, width: 3, height: 2 });
  expect(boxOf({ width: 4, height: 3, data }, 201)).toBeNull();
});
