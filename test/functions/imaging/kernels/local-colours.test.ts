import { expect, test } from 'vitest';
import type { EdgeGrid, Region } from '#functions/imaging/kernels/edge-grid.ts';
import { ColourSums, localColoursInto } from '#functions/imaging/kernels/local-colours.ts';
import { emptyGrid } from '#test/support/edge-grids.ts';
import { seededRandom } from '#test/support/rasters.ts';

const SIZE = { width: 23, height: 17, factor: 1 };
const WHOLE = { left: 0, top: 0, right: 23, bottom: 17 };

function randomGrid(seed: number): EdgeGrid {
  const random = seededRandom(seed);
  const grid = emptyGrid(SIZE);
  for (let i = 0; i < grid.photo.length; i++) grid.photo[i] = random() * 256;
  // Opaque on the left, nothing on the right, anything between.
  for (let i = 0; i < grid.alpha.length; i++) {
    const x = i % SIZE.width;
    grid.alpha[i] = x < 7 ? 255 : x > 15 ? 0 : random() * 256;
  }
  return grid;
}

function localColours(grid: EdgeGrid, reach: number, regions: readonly Region[]): EdgeGrid {
  const sums = new ColourSums();
  for (const region of regions) localColoursInto(grid, { region, reach, sums });
  return grid;
}

/** The definition, cell by cell. */
function naively(grid: EdgeGrid, reach: number, cellX: number, cellY: number) {
  const weighed: { weights: [number, number]; colour: [number, number, number] }[] = [];
  for (let y = cellY - reach; y <= cellY + reach; y++) {
    for (let x = cellX - reach; x <= cellX + reach; x++) {
      if (x < 0 || y < 0 || x >= grid.width || y >= grid.height) continue;
      const i = y * grid.width + x;
      const opacity = grid.alpha[i] ?? 0;
      const [r = 0, g = 0, b = 0] = grid.photo.subarray(i * 3, i * 3 + 3);
      weighed.push({ weights: [opacity ** 2, (255 - opacity) ** 2], colour: [r, g, b] });
    }
  }
  const [front, back] = [0, 1].map((side) => {
    const total = weighed.reduce((sum, { weights }) => sum + (weights[side] ?? 0), 0);
    const mean = [0, 1, 2].map(
      (k) => weighed.reduce((sum, { weights, colour }) => sum + (weights[side] ?? 0) * (colour[k] ?? 0), 0) / total,
    );
    const squares = weighed.reduce((sum, { weights, colour }) => {
      const distance = mean.reduce((d, m, k) => d + ((colour[k] ?? 0) - m) ** 2, 0);
      return sum + (weights[side] ?? 0) * distance;
    }, 0);
    return { total, mean, spread: Math.sqrt(squares / total / 3) };
  });
  return { front, back };
}

test.each([1, 2, 5])('both colours are weighted means over a square that reaches %d cells far', (reach) => {
  const grid = localColours(randomGrid(reach), reach, [WHOLE]);

  let compared = 0;
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x < SIZE.width; x++) {
      const { front, back } = naively(grid, reach, x, y);
      if (!front || !back || Math.min(front.total, back.total) < 0.03 * (front.total + back.total)) continue;
      const i = y * SIZE.width + x;
      for (let k = 0; k < 3; k++) {
        expect(Math.abs((grid.front[i * 3 + k] ?? 0) - (front.mean[k] ?? 0))).toBeLessThanOrEqual(0.51);
        expect(Math.abs((grid.back[i * 3 + k] ?? 0) - (back.mean[k] ?? 0))).toBeLessThanOrEqual(0.51);
      }
      expect(Math.abs((grid.spread[i * 2] ?? 0) - front.spread)).toBeLessThanOrEqual(0.51);
      expect(Math.abs((grid.spread[i * 2 + 1] ?? 0) - back.spread)).toBeLessThanOrEqual(0.51);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(100);
});

test('where there is only one side both colours are the photo', () => {
  const grid = localColours(randomGrid(9), 2, [WHOLE]);

  expect([...grid.front.subarray(0, 9)]).toEqual([...grid.photo.subarray(0, 9)]);
  expect([...grid.back.subarray(0, 9)]).toEqual([...grid.photo.subarray(0, 9)]);
});

test('tiles have the values of the whole', () => {
  const whole = localColours(randomGrid(4), 3, [WHOLE]);
  const tiles: Region[] = [];
  for (let top = 0; top < 17; top += 5) {
    for (let left = 0; left < 23; left += 4) {
      tiles.push({ left, top, right: Math.min(23, left + 4), bottom: Math.min(17, top + 5) });
    }
  }

  const tiled = localColours(randomGrid(4), 3, tiles);

  expect(tiled.front).toEqual(whole.front);
  expect(tiled.back).toEqual(whole.back);
  expect(tiled.spread).toEqual(whole.spread);
});
