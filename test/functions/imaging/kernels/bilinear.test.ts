import { describe, expect, test } from 'vitest';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { firstDifference } from '#test/support/matchers.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

function upscale(mask: Mask, width: number, height: number) {
  const data = new Uint8Array(width * height).fill(123);
  upscaleInto(data, mask, { width, height });
  return { width, height, data };
}

/** Half-pixel centres, edges repeated, each pixel for itself in double precision, unrounded. */
function reference({ width, height, data }: Mask, targetWidth: number, targetHeight: number) {
  const at = (x: number, y: number) => {
    const [column, row] = [Math.min(Math.max(x, 0), width - 1), Math.min(Math.max(y, 0), height - 1)];
    return data[row * width + column] ?? Number.NaN;
  };
  const values = Array.from({ length: targetWidth * targetHeight }, (_, pixel) => {
    const sourceX = (((pixel % targetWidth) + 0.5) / targetWidth) * width - 0.5;
    const sourceY = ((Math.floor(pixel / targetWidth) + 0.5) / targetHeight) * height - 0.5;
    const [x, y] = [Math.floor(sourceX), Math.floor(sourceY)];
    const [right, down] = [sourceX - x, sourceY - y];
    const upper = at(x, y) * (1 - right) + at(x + 1, y) * right;
    const lower = at(x, y + 1) * (1 - right) + at(x + 1, y + 1) * right;
    return 255 * (upper * (1 - down) + lower * down);
  });
  return { width: targetWidth, height: targetHeight, data: values };
}

/** Rounding to a whole level, and single precision before it. */
const ROUNDING = 0.5 + 1e-3;

describe('agrees with the definition', () => {
  const sizes = [
    [4, 4, 4, 4],
    [4, 4, 16, 16],
    [5, 3, 17, 29],
    [64, 64, 301, 97],
    [7, 9, 1, 1],
    [16, 16, 5, 3],
    [1, 1, 6, 4],
    [1, 8, 9, 20],
    [8, 1, 20, 9],
    [2, 2, 1000, 3],
    [3, 64, 1, 500],
  ] as const;

  test.each(sizes)('%d x %d to %d x %d', (width, height, targetWidth, targetHeight) => {
    const random = seededRandom(width * 1000 + targetWidth);
    const mask: Mask = { width, height, data: Float32Array.from({ length: width * height }, random) };

    const scaled = upscale(mask, targetWidth, targetHeight);

    expect(firstDifference(scaled, reference(mask, targetWidth, targetHeight), ROUNDING)).toBeNull();
  });

  test('with rows that hold nothing, little and everything', () => {
    const mask = drawMask('........', '........', '...1....', '########', '........', '..##....', '........');

    expect(firstDifference(upscale(mask, 50, 61), reference(mask, 50, 61), ROUNDING)).toBeNull();
  });

  test('with long stretches that are equal, of any value, up to either side', () => {
    const mask = drawMask(
      '####5555....####',
      '....33333333####',
      '################',
      '55..............',
      '..............#.',
    );

    for (const [width, height] of [
      [3, 5],
      [16, 5],
      [97, 23],
      [640, 11],
    ] as const) {
      expect(firstDifference(upscale(mask, width, height), reference(mask, width, height), ROUNDING)).toBeNull();
    }
  });

  test('below what one level of alpha can show', () => {
    const faint: Mask = { width: 2, height: 1, data: Float32Array.of(0.5 / 255 - 1e-5, 0.5 / 255 + 1e-5) };

    expect([...upscale(faint, 2, 1).data]).toEqual([0, 1]);
  });
});

test('the same size is a copy', () => {
  expect([...upscale(drawMask('.#', '#.'), 2, 2).data]).toEqual([0, 255, 255, 0]);
});

test('twice the size keeps corners, and puts the edge half way', () => {
  // By hand: centres fall on 0, .25, .75, 1 of the way.
  expect([...upscale(drawMask('.#'), 4, 1).data]).toEqual([0, 64, 191, 255]);
});

test('a symmetrical mask stays symmetrical: nothing is shifted by half a pixel', () => {
  const mask = drawMask('.....', '.###.', '.###.', '.###.', '.....');
  const { width, height, data } = upscale(mask, 41, 37);

  const turned = data.toReversed();

  expect(firstDifference({ width, height, data }, { width, height, data: turned }, 1)).toBeNull();
});

test('a full mask is full up to the last row and column', () => {
  expect(upscale(drawMask('##', '##'), 33, 17).data.every((value) => value === 255)).toBe(true);
});

test('what the target held before is gone', () => {
  expect(upscale(drawMask('...', '...'), 9, 9).data.every((value) => value === 0)).toBe(true);
});
