import { expect, test } from 'vitest';
import { sampleColours } from '#functions/imaging/kernels/sample-colours.ts';
import { paint } from '#test/support/rasters.ts';

test('gives each cell the colour of its centre', () => {
  const photo = paint(60, 30, (x, y) => [x, y, 0]);

  const samples = sampleColours(photo, { width: 6, height: 3 });

  // The middle of the first cell, 10 px wide, is at 5.
  expect(Math.abs((samples[0] ?? 0) - 5)).toBeLessThanOrEqual(1);
  expect(Math.abs((samples[(2 * 6 + 5) * 3] ?? 0) - 55)).toBeLessThanOrEqual(1);
  expect(Math.abs((samples[(2 * 6 + 5) * 3 + 1] ?? 0) - 25)).toBeLessThanOrEqual(1);
});

test('averages a noise of single pixels away', () => {
  const photo = paint(90, 90, (x, y) => ((x + y) % 2 === 0 ? [0, 0, 0] : [180, 180, 180]));

  const samples = sampleColours(photo, { width: 9, height: 9 });

  expect(Math.max(...samples) - Math.min(...samples)).toBeLessThan(60);
});

test('reads a photo that is smaller than the grid', () => {
  const photo = paint(1, 1, () => [10, 20, 30]);

  expect([...sampleColours(photo, { width: 2, height: 1 })]).toEqual([10, 20, 30, 10, 20, 30]);
});
