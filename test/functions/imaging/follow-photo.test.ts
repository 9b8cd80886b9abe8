import { describe, expect, test } from 'vitest';
import { FOLLOW_DEFAULTS, followPhotoInto } from '#functions/imaging/follow-photo.ts';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Mask, RgbImage } from '#functions/imaging/raster.ts';
import { type Colour, paint, pixelAt, seededRandom } from '#test/support/rasters.ts';

const RED: Colour = [190, 30, 40];
const BLUE: Colour = [40, 80, 200];

const mixed = (share: number): Colour => [
  Math.round(BLUE[0] + (RED[0] - BLUE[0]) * share),
  Math.round(BLUE[1] + (RED[1] - BLUE[1]) * share),
  Math.round(BLUE[2] + (RED[2] - BLUE[2]) * share),
];

function followed(photo: RgbImage, mask: Mask, options = FOLLOW_DEFAULTS) {
  const alpha = new Uint8Array(photo.width * photo.height);
  upscaleInto(alpha, mask, photo);
  const before = Uint8Array.from(alpha);
  const image = { ...photo, data: Uint8Array.from(photo.data) };
  followPhotoInto({ alpha, image }, mask, options);
  return { alpha: { width: photo.width, height: photo.height, data: alpha }, image, before };
}

/** A mask of `factor` times fewer pixels a side, averaged. */
function coarseMask(
  size: { width: number; height: number },
  factor: number,
  opacityAt: (x: number, y: number) => number,
) {
  const [width, height] = [size.width / factor, size.height / factor];
  const data = new Float32Array(width * height);
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      const i = Math.floor(y / factor) * width + Math.floor(x / factor);
      data[i] = (data[i] ?? 0) + opacityAt(x, y) / factor ** 2;
    }
  }
  return { width, height, data };
}

/** A disc whose rim runs through pixels as a lens would show it. */
const SIZE = { width: 240, height: 192 };
const disc = (x: number, y: number) => Math.min(1, Math.max(0, 60.5 - Math.hypot(x - 119.5, y - 95.5)));
const DISC_MASK = coarseMask(SIZE, 8, disc);
const discPhoto = () => paint(SIZE.width, SIZE.height, (x, y) => mixed(disc(x, y)));

function meanError(data: Uint8Array, truth: (x: number, y: number) => number): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    sum += Math.abs((data[i] ?? 0) - 255 * truth(i % SIZE.width, Math.floor(i / SIZE.width)));
  }
  return sum / data.length;
}

describe.each([
  ['at the photo’s own size', 800],
  ['on a grid of 3 x 3 pixels', 80],
])('%s', (_, longestSide) => {
  const options = { ...FOLLOW_DEFAULTS, longestSide };

  test('a coarse mask gets the edge of its photo', () => {
    const { alpha, before } = followed(discPhoto(), DISC_MASK, options);

    expect(meanError(alpha.data, disc)).toBeLessThan(meanError(before, disc) * 0.2);
  });

  test('half-transparent pixels lose the colour of the background', () => {
    const { alpha, image } = followed(discPhoto(), DISC_MASK, options);

    let compared = 0;
    for (let i = 0; i < alpha.data.length; i++) {
      const opacity = alpha.data[i] ?? 0;
      const share = disc(i % SIZE.width, Math.floor(i / SIZE.width));
      if (opacity === 0 || share < 0.1 || share > 0.9) continue;
      const [red = 0, , blue = 0] = pixelAt(image, i % SIZE.width, Math.floor(i / SIZE.width));
      expect(red - blue, `pixel ${i}`).toBeGreaterThan(RED[0] - RED[2] - 40);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
  });

  test('what lies outside the band stays as it was', () => {
    const { alpha, image, before } = followed(discPhoto(), DISC_MASK, options);
    const photo = discPhoto();

    for (const [x, y] of [
      [120, 96],
      [5, 5],
      [235, 186],
      [119, 60],
      [20, 96],
    ] as const) {
      const i = y * SIZE.width + x;
      expect(alpha.data[i]).toBe(before[i]);
      expect(pixelAt(image, x, y)).toEqual(pixelAt(photo, x, y));
    }
  });

  test('tiles leave no seam: any side of tile gives the same', () => {
    const random = seededRandom(3);
    const noisy = paint(SIZE.width, SIZE.height, (x, y) => {
      const [red, green, blue] = mixed(disc(x, y));
      return [red + random() * 40, green + random() * 40, blue + random() * 40];
    });
    const whole = followed(noisy, DISC_MASK, { ...options, tile: 1000 });

    for (const tile of [7, 16, 32]) {
      const tiled = followed(noisy, DISC_MASK, { ...options, tile });
      expect(tiled.alpha.data, `tiles of ${tile}`).toEqual(whole.alpha.data);
      expect(tiled.image.data, `tiles of ${tile}`).toEqual(whole.image.data);
    }
  });
});

test('keeps hair thinner than 2 px that the mask hints at', () => {
  const isHair = (x: number, y: number) => x === 60 + Math.floor(y / 4) && y < 60;
  const truth = (x: number, y: number) => (y >= 60 || isHair(x, y) ? 1 : 0);
  const photo = paint(160, 128, (x, y) => mixed(truth(x, y)));

  const { alpha } = followed(photo, coarseMask({ width: 160, height: 128 }, 2, truth));

  for (let y = 4; y < 60; y++) {
    const x = 60 + Math.floor(y / 4);
    expect(pixelAt(alpha, x, y)[0], `hair at row ${y}`).toBeGreaterThan(128);
    expect(pixelAt(alpha, x + 4, y)[0], `beside it at row ${y}`).toBe(0);
  }
});

test('a seam of another colour within the subject is no hole', () => {
  const isSeam = (x: number) => x === 30;
  const truth = (x: number) => (x < 40 ? 1 : 0);
  const photo = paint(96, 96, (x) => (isSeam(x) ? [20, 120, 20] : mixed(truth(x))));

  const { alpha } = followed(photo, coarseMask({ width: 96, height: 96 }, 12, truth));

  for (let y = 0; y < 96; y++) expect(pixelAt(alpha, 30, y)[0]).toBeGreaterThan(128);
});

test('where photo and background have one colour the mask decides', () => {
  const photo = paint(96, 96, () => [128, 128, 128]);
  const mask = coarseMask({ width: 96, height: 96 }, 8, (x) => (x < 44 ? 1 : 0));

  const { alpha, before } = followed(photo, mask);

  for (let i = 0; i < alpha.data.length; i++) {
    const hint = before[i] ?? 0;
    // Beside what the band's ends are levelled by.
    expect(Math.abs((alpha.data[i] ?? 0) - hint)).toBeLessThanOrEqual(14);
  }
});

test('an empty and a full mask touch nothing', () => {
  for (const value of [0, 1]) {
    const mask = { width: 4, height: 4, data: new Float32Array(16).fill(value) };
    const photo = discPhoto();

    const { alpha, image } = followed(photo, mask);

    expect(new Set(alpha.data)).toEqual(new Set([value * 255]));
    expect(image.data).toEqual(photo.data);
  }
});
