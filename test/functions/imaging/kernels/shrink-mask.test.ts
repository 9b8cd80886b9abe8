import { expect, test } from 'vitest';
import { shrinkMask } from '#functions/imaging/kernels/shrink-mask.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

test('averages what each new pixel covers', () => {
  const { width, height, data } = shrinkMask(drawMask('##..', '##..', '#.#.', '....'), 2);

  expect([width, height]).toEqual([2, 2]);
  expect([...data]).toEqual([1, 0, 0.25, 0.25]);
});

test('splits a pixel between two where its edge lies inside', () => {
  const { data } = shrinkMask({ width: 3, height: 1, data: Float32Array.of(0, 1, 0) }, 2);

  expect(data[0]).toBeCloseTo(1 / 3, 6);
  expect(data[1]).toBeCloseTo(1 / 3, 6);
});

test('keeps the mean, whatever the sizes', () => {
  const random = seededRandom(2);
  const mask = { width: 51, height: 37, data: Float32Array.from({ length: 51 * 37 }, random) };
  const mean = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;

  expect(mean(shrinkMask(mask, 20).data)).toBeCloseTo(mean(mask.data), 5);
});

test('leaves a mask alone that is small enough', () => {
  const mask = drawMask('#.', '.#');

  expect(shrinkMask(mask, 2)).toBe(mask);
});
