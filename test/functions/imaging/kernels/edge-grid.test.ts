import { expect, test } from 'vitest';
import { shrinkInto } from '#functions/imaging/kernels/edge-grid.ts';
import { emptyGrid } from '#test/support/edge-grids.ts';
import { paint, pixelAt } from '#test/support/rasters.ts';

test('a cell has the mean colour of its pixels, at the frame, too, where it has fewer', () => {
  const image = paint(5, 3, (x, y) => [x * 10, y * 50, 7]);
  const grid = emptyGrid({ width: 3, height: 2, factor: 2 });

  shrinkInto(grid, image, { left: 0, top: 0, right: 3, bottom: 2 });

  const photo = { width: 3, height: 2, data: grid.photo };
  expect(pixelAt(photo, 0, 0)).toEqual([5, 25, 7]);
  expect(pixelAt(photo, 1, 0)).toEqual([25, 25, 7]);
  expect(pixelAt(photo, 2, 0)).toEqual([40, 25, 7]);
  expect(pixelAt(photo, 0, 1)).toEqual([5, 100, 7]);
  expect(pixelAt(photo, 2, 1)).toEqual([40, 100, 7]);
});

test('only the cells of the region are written', () => {
  const image = paint(4, 4, () => [9, 9, 9]);
  const grid = emptyGrid({ width: 2, height: 2, factor: 2 });

  shrinkInto(grid, image, { left: 1, top: 0, right: 2, bottom: 1 });

  expect([...grid.photo]).toEqual([0, 0, 0, 9, 9, 9, 0, 0, 0, 0, 0, 0]);
});
