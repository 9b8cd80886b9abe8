import { describe, expect, test } from 'vitest';
import { blackenInvisible, cutInto, overColourInto } from '#functions/imaging/kernels/alpha-blend.ts';
import { splitAlpha } from '#functions/imaging/kernels/split-alpha.ts';

describe('cutting out', () => {
  test('puts red, green, blue and opacity in that order', () => {
    const target = new Uint8Array(8).fill(77);

    cutInto(target, Uint8Array.of(1, 2, 3, 250, 251, 252), Uint8Array.of(255, 128));

    expect([...target]).toEqual([1, 2, 3, 255, 250, 251, 252, 128]);
  });

  test('leaves nothing of the background under invisible pixels', () => {
    const target = new Uint8Array(8).fill(77);

    cutInto(target, Uint8Array.of(10, 20, 30, 40, 50, 60), Uint8Array.of(0, 1));

    expect([...target]).toEqual([0, 0, 0, 0, 40, 50, 60, 1]);
  });

  test('writes only its own part of a larger buffer', () => {
    const buffer = new Uint8Array(16).fill(77);

    cutInto(buffer.subarray(4, 12), Uint8Array.of(1, 2, 3, 4, 5, 6), Uint8Array.of(255, 255));

    expect([...buffer]).toEqual([77, 77, 77, 77, 1, 2, 3, 255, 4, 5, 6, 255, 77, 77, 77, 77]);
  });
});

test.each([
  [
    [0, 255, 0, 0, 1],
    [0, 0, 0, 4, 5, 6, 0, 0, 0, 0, 0, 0, 13, 14, 15],
  ],
  [
    [7, 0, 9, 8, 0],
    [1, 2, 3, 0, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0, 0],
  ],
  [
    [1, 2, 3, 4, 5],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
  [[0, 0, 0, 0, 0], Array.from({ length: 15 }, () => 0)],
])('opacities %j leave only what is seen', (alpha, left) => {
  const rgb = Uint8Array.from({ length: 15 }, (_, i) => i + 1);

  blackenInvisible(rgb, Uint8Array.from(alpha));

  expect([...rgb]).toEqual(left);
});

describe('laying over a colour', () => {
  test('mixes each channel with its own, rounded to the nearest level, for every opacity', () => {
    const colour = { r: 255, g: 0, b: 100 };
    const alpha = Uint8Array.from({ length: 256 }, (_, value) => value);
    const rgb = new Uint8Array(256 * 3).map((_, i) => [10, 200, 99][i % 3] ?? 0);
    const target = new Uint8Array(256 * 3);

    overColourInto(target, { rgb, alpha, colour });

    for (let opacity = 0; opacity < 256; opacity++) {
      const exact = [10, 200, 99].map((front, channel) => {
        const back = [colour.r, colour.g, colour.b][channel] ?? 0;
        return (front * opacity + back * (255 - opacity)) / 255;
      });
      exact.forEach((value, channel) => {
        expect(Math.abs((target[opacity * 3 + channel] ?? Number.NaN) - value)).toBeLessThanOrEqual(0.5);
      });
    }
  });

  test('shows only the colour where nothing is, and only the photo where all is', () => {
    const target = new Uint8Array(6);

    overColourInto(target, {
      rgb: Uint8Array.of(1, 2, 3, 4, 5, 6),
      alpha: Uint8Array.of(0, 255),
      colour: { r: 9, g: 8, b: 7 },
    });

    expect([...target]).toEqual([9, 8, 7, 4, 5, 6]);
  });
});

test('splitting takes opacity apart from colours that stay as they are', () => {
  const data = Uint8Array.of(1, 2, 3, 0, 250, 251, 252, 128);

  const { image, alpha } = splitAlpha({ width: 2, height: 1, channels: 4, data });

  expect([...image.data]).toEqual([1, 2, 3, 250, 251, 252]);
  expect([...alpha.data]).toEqual([0, 128]);
});
