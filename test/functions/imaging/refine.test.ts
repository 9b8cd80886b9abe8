import { expect, test } from 'vitest';
import type { Photo } from '#functions/imaging/decode.ts';
import { refine } from '#functions/imaging/refine.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { drawMask } from '#test/support/rasters.ts';

function photo(width: number, height: number, opacity?: number): Photo {
  const pixels = width * height;
  return {
    image: { width, height, data: new Uint8Array(pixels * 3) },
    alpha: opacity === undefined ? null : { width, height, data: new Uint8Array(pixels).fill(opacity) },
    format: 'png',
    orientation: 1,
    colourSpace: 'srgb',
  };
}

test("a mask becomes opacity of the photo's size", () => {
  const alpha = refine(drawMask('.#', '.#'), photo(6, 3), new Workspace());

  expect([alpha.width, alpha.height, alpha.data.length]).toEqual([6, 3, 18]);
  expect([alpha.data[0], alpha.data[5]]).toEqual([0, 255]);
});

test("a photo's own transparency limits the mask", () => {
  const full = drawMask('##', '##');

  expect(refine(full, photo(2, 2, 100), new Workspace()).data.every((value) => value === 100)).toBe(true);
  expect(refine(full, photo(2, 2, 0), new Workspace()).data.every((value) => value === 0)).toBe(true);
  expect(refine(full, photo(2, 2, 255), new Workspace()).data.every((value) => value === 255)).toBe(true);
});

test('half transparent and half subject is a quarter', () => {
  const half = drawMask('55', '55');

  // 0.5 is level 128, and 128 * 128 / 255 = 64.25.
  expect(refine(half, photo(2, 2, 128), new Workspace()).data.every((value) => value === 64)).toBe(true);
});

test('nothing of the photo before is left', () => {
  const workspace = new Workspace();
  refine(drawMask('##', '##'), photo(9, 9), workspace);

  expect(refine(drawMask('..', '..'), photo(3, 3), workspace).data.every((value) => value === 0)).toBe(true);
});
