import { describe, expect, test } from 'vitest';
import type { Photo } from '#functions/imaging/decode.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { refineInto } from '#functions/imaging/refine.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { drawMask, paint } from '#test/support/rasters.ts';

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

describe.each(['fast', 'fine'] as const)('with %s edges', (edges) => {
  const refined = (mask: Mask, of: Photo, workspace = new Workspace()) =>
    refineInto(of, mask, { workspace, edges }).alpha;

  test("a mask becomes opacity of the photo's size", () => {
    const alpha = refined(drawMask('.#', '.#'), photo(6, 3));

    expect([alpha.width, alpha.height, alpha.data.length]).toEqual([6, 3, 18]);
    expect([alpha.data[0], alpha.data[5]]).toEqual([0, 255]);
  });

  test("a photo's own transparency limits the mask", () => {
    const full = drawMask('##', '##');

    expect(refined(full, photo(2, 2, 100)).data.every((value) => value === 100)).toBe(true);
    expect(refined(full, photo(2, 2, 0)).data.every((value) => value === 0)).toBe(true);
    expect(refined(full, photo(2, 2, 255)).data.every((value) => value === 255)).toBe(true);
  });

  test('half transparent and half subject is a quarter', () => {
    const half = drawMask('55', '55');

    // 0.5 is level 128, and 128 * 128 / 255 = 64.25.
    expect(refined(half, photo(2, 2, 128)).data.every((value) => value === 64)).toBe(true);
  });

  test('nothing of the photo before is left', () => {
    const workspace = new Workspace();
    refined(drawMask('##', '##'), photo(9, 9), workspace);

    expect(refined(drawMask('..', '..'), photo(3, 3), workspace).data.every((value) => value === 0)).toBe(true);
  });

  test('the inside is exactly 255 and the outside 0, where the network was nearly sure', () => {
    const mask = { width: 8, height: 2, data: Float32Array.from({ length: 16 }, (_, i) => (i % 8 < 4 ? 0.93 : 0.06)) };

    const { data } = refined(mask, photo(80, 20));

    expect([data[0], data[20], data[60], data[79]]).toEqual([255, 255, 0, 0]);
  });

  test("the network's mask is left as it was", () => {
    const mask = drawMask('.3', '#9');
    const before = Float32Array.from(mask.data);

    refined(mask, photo(6, 6));

    expect(mask.data).toEqual(before);
  });
});

test('fast edges leave the photo as it is', () => {
  const image = paint(40, 40, (x) => (x < 20 ? [200, 20, 20] : [20, 20, 200]));
  const before = Uint8Array.from(image.data);

  refineInto({ ...photo(40, 40), image }, drawMask('##..', '##..'), { workspace: new Workspace(), edges: 'fast' });

  expect(image.data).toEqual(before);
});
