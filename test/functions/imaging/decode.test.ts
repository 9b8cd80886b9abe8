import { describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { type DecodeOptions, decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { firstDifference } from '#test/support/matchers.ts';
import { type Colour, drawPhoto, paint, pixelAt } from '#test/support/rasters.ts';
import { writeTiff } from '#test/support/tiff.ts';

const options: DecodeOptions = { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' };
const keeping: DecodeOptions = { ...options, existingAlpha: 'keep' };

const PALETTE: Readonly<Record<string, Colour>> = {
  r: [255, 0, 0],
  g: [0, 255, 0],
  b: [0, 0, 255],
  k: [0, 0, 0],
  w: [255, 255, 255],
};

/** Every corner and edge another, so that no turn or flip looks like another one. */
const UPRIGHT = ['rkkg', 'kwwk', 'bwkk'];

describe('EXIF orientation', () => {
  /** What a camera held that way stores, by the meaning of EXIF's values ("row 0 is the ... side, column 0 the ..."). */
  const STORED: readonly (readonly [orientation: number, rows: readonly string[]])[] = [
    [1, ['rkkg', 'kwwk', 'bwkk']], // top, left
    [2, ['gkkr', 'kwwk', 'kkwb']], // top, right
    [3, ['kkwb', 'kwwk', 'gkkr']], // bottom, right
    [4, ['bwkk', 'kwwk', 'rkkg']], // bottom, left
    [5, ['rkb', 'kww', 'kwk', 'gkk']], // left, top
    [6, ['gkk', 'kwk', 'kww', 'rkb']], // right, top
    [7, ['kkg', 'kwk', 'wwk', 'bkr']], // right, bottom
    [8, ['bkr', 'wwk', 'kwk', 'kkg']], // left, bottom
  ];

  test.each(STORED)('%d is undone', async (orientation, rows) => {
    const stored = drawPhoto(PALETTE, ...rows);
    const raw = { raw: { width: stored.width, height: stored.height, channels: 3 as const } };
    const file = await sharp(stored.data, raw).withMetadata({ orientation }).png().toBuffer();

    const photo = await decode(file, options);

    expect(firstDifference(photo.image, drawPhoto(PALETTE, ...UPRIGHT))).toBeNull();
    expect(photo.orientation).toBe(orientation);
  });

  test.each(['jpeg', 'webp', 'tiff'] as const)('is undone in %s too', async (format) => {
    const flat = sharp({ create: { width: 30, height: 20, channels: 3, background: '#336699' } });
    const file = await flat.withMetadata({ orientation: 6 })[format]().toBuffer();

    const { image, orientation } = await decode(file, options);

    expect([image.width, image.height, orientation]).toEqual([20, 30, 6]);
  });

  test("moves a photo's own transparency along", async () => {
    // Stored upside down: the transparent corner is the last pixel of the file and the first of the photo.
    const pixels = Buffer.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 9, 9, 0]);
    const raw = { raw: { width: 2, height: 2, channels: 4 as const } };
    const file = await sharp(pixels, raw).withMetadata({ orientation: 3 }).png().toBuffer();

    const { alpha } = await decode(file, keeping);

    expect([...(alpha?.data ?? [])]).toEqual([0, 255, 255, 255]);
  });
});

describe('formats', () => {
  const gradient = paint(37, 23, (x, y) => [x * 6, y * 10, 128]);
  const raw = { raw: { width: 37, height: 23, channels: 3 as const } };

  test.each(['png', 'tiff'] as const)('%s comes back to the last bit, odd sizes included', async (format) => {
    const photo = await decode(await sharp(gradient.data, raw)[format]({ compression: 'lzw' }).toBuffer(), options);

    expect(photo.format).toBe(format);
    expect(firstDifference(photo.image, gradient)).toBeNull();
  });

  test('lossless WebP comes back to the last bit', async () => {
    const photo = await decode(await sharp(gradient.data, raw).webp({ lossless: true }).toBuffer(), options);

    expect(photo.format).toBe('webp');
    expect(firstDifference(photo.image, gradient)).toBeNull();
  });

  test.each([
    ['jpeg', { quality: 100, chromaSubsampling: '4:4:4' }],
    ['jpeg', { quality: 100, chromaSubsampling: '4:4:4', progressive: true }],
    ['webp', { quality: 100 }],
    ['avif', { quality: 90, chromaSubsampling: '4:4:4' }],
  ] as const)('%s %j comes back close, up to the right and bottom edge', async (format, settings) => {
    const photo = await decode(await sharp(gradient.data, raw)[format](settings).toBuffer(), options);

    expect(photo.format).toBe(format);
    expect(firstDifference(photo.image, gradient, 14)).toBeNull();
  });

  test.each(['gif', 'webp'] as const)('an animated %s gives its first frame', async (format) => {
    const frames = paint(8, 16, (_, y) => (y < 8 ? [200, 0, 0] : [0, 0, 200]));
    const file = await sharp(frames.data, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
      [format]({ loop: 0, delay: [100, 100] })
      .toBuffer();

    const { image } = await decode(file, options);

    expect([image.width, image.height]).toEqual([8, 8]);
    const [red = 0, , blue = 255] = pixelAt(image, 4, 4);
    expect(red).toBeGreaterThan(180);
    expect(blue).toBeLessThan(20);
  });

  test('a picture of 1 x 1 is a photo too', async () => {
    const file = await sharp(Buffer.from([1, 2, 3]), { raw: { width: 1, height: 1, channels: 3 } })
      .png()
      .toBuffer();

    const { image } = await decode(file, options);

    expect(image).toMatchObject({ width: 1, height: 1 });
    expect([...image.data]).toEqual([1, 2, 3]);
  });

  test('a palette with a transparent entry is resolved', async () => {
    const clear = {
      create: { width: 8, height: 8, channels: 4 as const, background: { r: 200, g: 0, b: 0, alpha: 0 } },
    };
    const file = await sharp(clear).png({ palette: true }).toBuffer();

    expect(pixelAt((await decode(file, options)).image, 3, 3)).toEqual([255, 255, 255]);
    expect(pixelAt((await decode(file, keeping)).alpha ?? { width: 1, height: 1, data: [] }, 3, 3)).toEqual([0]);
  });
});

describe("a photo's own transparency", () => {
  /** Opaque, half and fully transparent, of colours that show whether one was mixed or lost. */
  const values = [0.8, 0.2, 0, 1, 0.8, 0.2, 0, 128 / 255, 0.8, 0.2, 0, 0];
  const rgba = { width: 3, height: 1, values, photometric: 2 as const, channels: 4, extra: [2 as const] };

  test.each([8, 16] as const)('is laid on white at %d bits', async (bits) => {
    const { image, alpha } = await decode(writeTiff({ ...rgba, bits }), options);

    const half = [204, 51, 0].map((value) => 255 + ((value - 255) * 128) / 255);
    const expected = { width: 3, height: 1, data: [204, 51, 0, ...half, 255, 255, 255] };
    expect(firstDifference(image, expected, 1)).toBeNull();
    expect(alpha).toBeNull();
  });

  test.each([8, 16] as const)('is kept beside untouched colours at %d bits', async (bits) => {
    const { image, alpha } = await decode(writeTiff({ ...rgba, bits }), keeping);

    expect(pixelAt(image, 0, 0)).toEqual([204, 51, 0]);
    expect(pixelAt(image, 1, 0)).toEqual([204, 51, 0]);
    expect([...(alpha?.data ?? [])]).toEqual([255, 128, 0]);
  });

  test('that a TIFF has multiplied in is divided out again', async () => {
    const premultiplied = { ...rgba, values: [0.4, 0.1, 0, 0.5, 1, 1, 1, 1, 0, 0, 0, 0], extra: [1 as const] };

    const { image } = await decode(writeTiff({ ...premultiplied, bits: 8 }), keeping);

    const [red = 0, green = 0] = pixelAt(image, 0, 0);
    expect(Math.abs(red - 204)).toBeLessThan(4);
    expect(Math.abs(green - 51)).toBeLessThan(4);
  });

  test('of grey is kept beside three equal channels', async () => {
    const grey = { width: 2, height: 1, values: [0.2, 1, 0.6, 0.4], photometric: 1 as const, channels: 2 };

    const { image, alpha } = await decode(writeTiff({ ...grey, bits: 8, extra: [2] }), keeping);

    expect([...image.data]).toEqual([51, 51, 51, 153, 153, 153]);
    expect([...(alpha?.data ?? [])]).toEqual([255, 102]);
  });

  test('is null where there is none to keep', async () => {
    const opaque = { width: 1, height: 1, values: [0, 0.2, 0.4], photometric: 2 as const, channels: 3 };

    expect((await decode(writeTiff({ ...opaque, bits: 8 }), keeping)).alpha).toBeNull();
  });
});
