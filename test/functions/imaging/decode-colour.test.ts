import { describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { embedInJpeg, embedInPng } from '#functions/imaging/kernels/embed-profile.ts';
import { greyProfile, inkProfile, PROFILES, rgbProfile } from '#test/support/icc-profiles.ts';
import { deltaE, linear } from '#test/support/matchers.ts';
import { pixelAt } from '#test/support/rasters.ts';
import { writeTiff } from '#test/support/tiff.ts';

const options = { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' } as const;

/** Inside sRGB's gamut whatever the profile, since what happens outside is a matter of taste. */
const COLOURS = [
  [0, 0, 0],
  [255, 255, 255],
  [128, 128, 128],
  [200, 150, 100],
  [90, 110, 90],
  [60, 70, 90],
  [250, 250, 240],
  [20, 18, 25],
  [150, 90, 100],
];

/** Linear r, g, b to CIE XYZ at D65, from each space's own standard: published, and not by way of ICC's D50. */
const TO_XYZ = {
  displayP3: [0.48657, 0.26567, 0.19822, 0.22897, 0.69174, 0.07929, 0, 0.04511, 1.04394],
  adobeRgb: [0.57667, 0.18556, 0.18823, 0.29734, 0.62736, 0.07529, 0.02703, 0.07069, 0.99134],
};
const XYZ_TO_SRGB = [3.24045, -1.53714, -0.49853, -0.96927, 1.87601, 0.04156, 0.05564, -0.20403, 1.05723];

/** What a colour of a wide space looks like in sRGB, by the standards' formulas. */
function toSrgb(space: 'displayP3' | 'adobeRgb', colour: readonly number[]): number[] {
  const light = colour.map((value) => (space === 'adobeRgb' ? (value / 255) ** (563 / 256) : linear(value / 255)));
  return multiply(XYZ_TO_SRGB, multiply(TO_XYZ[space], light)).map(toByte);
}

function multiply(matrix: readonly number[], vector: readonly number[]): number[] {
  return [0, 3, 6].map((row) => vector.reduce((sum, value, column) => sum + (matrix[row + column] ?? 0) * value, 0));
}

function toByte(light: number): number {
  const value = Math.min(Math.max(light, 0), 1);
  return Math.round(255 * (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055));
}

/** One row of the colours, as a PNG of 8 or 16 bits a channel. */
async function rowOf(colours: readonly (readonly number[])[], bits: 8 | 16): Promise<Buffer> {
  const values = colours.flat();
  const raw = { raw: { width: colours.length, height: 1, channels: 3 as const } };
  if (bits === 8) return await sharp(Buffer.from(values), raw).png().toBuffer();
  return await sharp(
    Uint16Array.from(values, (value) => value * 257),
    raw,
  )
    .toColourspace('rgb16')
    .png()
    .toBuffer();
}

describe('a wide colour space becomes sRGB', () => {
  test.each([
    ['displayP3', 8],
    ['displayP3', 16],
    ['adobeRgb', 8],
    ['adobeRgb', 16],
  ] as const)("%s at %d bits a channel, within 2 delta E of the standards' formulas", async (space, bits) => {
    const file = embedInPng(await rowOf(COLOURS, bits), rgbProfile(PROFILES[space]));

    const { image, colourSpace } = await decode(file, options);

    expect(colourSpace).toBe(bits === 8 ? 'srgb+icc' : 'rgb16+icc');
    COLOURS.forEach((colour, x) => {
      expect(deltaE(pixelAt(image, x, 0), toSrgb(space, colour)), `${colour}`).toBeLessThan(2);
    });
  });

  test('a JPEG with Display P3, the way phones write it', async () => {
    const flat = { create: { width: 16, height: 16, channels: 3 as const, background: { r: 200, g: 150, b: 100 } } };
    const jpeg = await sharp(flat).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();

    const { image } = await decode(embedInJpeg(jpeg, rgbProfile(PROFILES.displayP3)), options);

    expect(deltaE(pixelAt(image, 8, 8), toSrgb('displayP3', [200, 150, 100]))).toBeLessThan(2);
  });

  test('a 10-bit AVIF with Display P3', async () => {
    const flat = { create: { width: 16, height: 16, channels: 3 as const, background: { r: 190, g: 40, b: 30 } } };
    const avif = sharp(flat).withIccProfile('p3').avif({ bitdepth: 10, quality: 100, chromaSubsampling: '4:4:4' });

    const { image, colourSpace } = await decode(await avif.toBuffer(), options);

    expect(colourSpace).toBe('rgb16+icc');
    expect(deltaE(pixelAt(image, 8, 8), [190, 40, 30])).toBeLessThan(2);
  });
});

describe('sRGB stays as it is', () => {
  test.each([8, 16] as const)('at %d bits, with a profile that says so', async (bits) => {
    const file = embedInPng(await rowOf(COLOURS, bits), rgbProfile(PROFILES.srgb));

    const { image } = await decode(file, options);

    expect([...image.data]).toEqual(COLOURS.flat());
  });

  test.each([8, 16] as const)('at %d bits, without a profile', async (bits) => {
    const { image, colourSpace } = await decode(await rowOf(COLOURS, bits), options);

    expect(colourSpace).toBe(bits === 8 ? 'srgb' : 'rgb16');
    expect([...image.data]).toEqual(COLOURS.flat());
  });

  test.each([
    ['a grey one', greyProfile('Linear grey', 1)],
    ['bytes that are none', new Uint8Array(200).fill(3)],
  ])('at 16 bits with a profile that does not fit: %s', async (_, profile) => {
    const values = COLOURS.flat().map((value) => value / 255);
    const size = { width: COLOURS.length, height: 1 };
    const file = writeTiff({ ...size, values, bits: 16, photometric: 2, channels: 3, profile });

    const { image } = await decode(file, options);

    expect([...image.data]).toEqual(COLOURS.flat());
  });
});

describe('CMYK', () => {
  /*
   * Little CMS's answer for the CMYK profile that comes with libvips, perceptual intent. To make it again, write
   * `(await sharp(await sharp(anything).withIccProfile('cmyk').jpeg().toBuffer()).metadata()).icc` to cmyk.icc, then in
   * Python, with Pillow:
   *   transform = ImageCms.buildTransform('cmyk.icc', ImageCms.createProfile('sRGB'), 'CMYK', 'RGB', renderingIntent=0)
   *   picture = Image.new('CMYK', (len(inks), 1)); picture.putdata(inks)
   *   list(ImageCms.applyTransform(picture, transform).getdata())
   */
  const INKS = [
    { ink: [0, 0, 0, 0], seen: [255, 255, 255] },
    { ink: [255, 0, 0, 0], seen: [0, 153, 227] },
    { ink: [0, 255, 0, 0], seen: [234, 0, 128] },
    { ink: [0, 0, 255, 0], seen: [255, 240, 0] },
    { ink: [0, 0, 0, 255], seen: [20, 5, 0] },
    { ink: [128, 0, 0, 0], seen: [91, 193, 240] },
    { ink: [0, 128, 0, 0], seen: [245, 138, 182] },
    { ink: [0, 0, 0, 128], seen: [134, 133, 132] },
    { ink: [0, 200, 180, 20], seen: [219, 72, 63] },
    { ink: [60, 40, 40, 10], seen: [178, 181, 185] },
    { ink: [180, 120, 0, 60], seen: [64, 95, 141] },
    { ink: [30, 90, 140, 0], seen: [219, 157, 111] },
  ];
  const values = INKS.flatMap(({ ink }) => ink.map((value) => value / 255));
  const print = { width: INKS.length, height: 1, values, photometric: 5 as const, channels: 4 };

  test.each([8, 16] as const)('at %d bits a channel looks as Little CMS shows it', async (bits) => {
    const { image, colourSpace } = await decode(writeTiff({ ...print, bits }), options);

    expect(colourSpace).toBe('cmyk');
    INKS.forEach(({ ink, seen }, x) => {
      expect(deltaE(pixelAt(image, x, 0), seen), `${ink}`).toBeLessThan(2);
    });
  });

  test('a JPEG, whose inks Adobe stores inverted, looks the same', async () => {
    for (const { ink, seen } of INKS) {
      const flat = Array.from({ length: 64 }, () => ink.map((value) => value / 255)).flat();
      const tiff = writeTiff({ ...print, width: 8, height: 8, values: flat, bits: 8 });
      const jpeg = sharp(tiff).pipelineColourspace('cmyk').toColourspace('cmyk').jpeg({ quality: 100 });

      const { image, format, colourSpace } = await decode(await jpeg.toBuffer(), options);

      expect([format, colourSpace]).toEqual(['jpeg', 'cmyk']);
      expect(deltaE(pixelAt(image, 4, 4), seen), `${ink}`).toBeLessThan(2);
    }
  });

  test('a JPEG with a profile of its own looks as that profile says', async () => {
    const profile = inkProfile('Red cyan', { paper: [100, 0, 0], ink: [46, 51, 39] });
    for (const [ink, seen] of [
      [
        [0, 0, 0, 0],
        [255, 255, 255],
      ],
      [
        [255, 0, 0, 0],
        [192, 64, 48],
      ],
    ] as const) {
      const flat = Array.from({ length: 64 }, () => ink.map((value) => value / 255)).flat();
      const tiff = writeTiff({ ...print, width: 8, height: 8, values: flat, bits: 8 });
      const jpeg = sharp(tiff).pipelineColourspace('cmyk').toColourspace('cmyk').jpeg({ quality: 100 });

      const { image, colourSpace } = await decode(embedInJpeg(await jpeg.toBuffer(), profile), options);

      expect(colourSpace).toBe('cmyk+icc');
      expect(deltaE(pixelAt(image, 4, 4), seen), `${ink}`).toBeLessThan(2);
    }
  });

  test('with a profile of its own looks as that profile says', async () => {
    // sRGB's #c04030 is Lab (46.4, 51.4, 38.9) under ICC's D50, by the formulas of CIE 15 and IEC 61966-2-1.
    const profile = inkProfile('Red cyan', { paper: [100, 0, 0], ink: [46, 51, 39] });

    const { image, colourSpace } = await decode(writeTiff({ ...print, bits: 8, profile }), options);

    expect(colourSpace).toBe('cmyk+icc');
    expect(deltaE(pixelAt(image, 0, 0), [255, 255, 255])).toBeLessThan(2);
    expect(deltaE(pixelAt(image, 1, 0), [192, 64, 48])).toBeLessThan(2);
  });
});

describe('grey', () => {
  const TONES = Array.from({ length: 256 }, (_, tone) => tone);
  const tripled = (tones: readonly number[]) => tones.flatMap((tone) => [tone, tone, tone]);
  const greyPng = async (bits: 8 | 16) => {
    const raw = { raw: { width: 256, height: 1, channels: 1 as const } };
    if (bits === 8) return await sharp(Buffer.from(TONES), raw).toColourspace('b-w').png().toBuffer();
    return await sharp(
      Uint16Array.from(TONES, (tone) => tone * 257),
      raw,
    )
      .toColourspace('grey16')
      .png()
      .toBuffer();
  };

  test.each([8, 16] as const)('at %d bits keeps each of its tones, in three channels', async (bits) => {
    const { image, colourSpace } = await decode(await greyPng(bits), options);

    expect(colourSpace).toBe(bits === 8 ? 'b-w' : 'grey16');
    expect([...image.data]).toEqual(tripled(TONES));
  });

  test.each([8, 16] as const)('at %d bits follows its profile', async (bits) => {
    const file = embedInPng(await greyPng(bits), greyProfile('Gamma 1.8', 1.8));

    const { image } = await decode(file, options);

    for (const tone of TONES) {
      const expected = toByte((tone / 255) ** 1.8);
      expect(Math.abs((image.data[tone * 3] ?? Number.NaN) - expected), `tone ${tone}`).toBeLessThanOrEqual(1);
    }
  });

  test('a JPEG of one channel has three equal ones', async () => {
    const raw = { raw: { width: 16, height: 16, channels: 1 as const } };
    const jpeg = await sharp(Buffer.alloc(256, 90), raw).toColourspace('b-w').jpeg().toBuffer();

    const { image, colourSpace } = await decode(jpeg, options);

    expect(colourSpace).toBe('b-w');
    expect([...image.data]).toEqual(new Array(16 * 16 * 3).fill(90));
  });

  test('a TIFF in which 0 is white comes out the right way round', async () => {
    const file = writeTiff({ width: 2, height: 1, values: [0, 0.8], bits: 8, photometric: 0, channels: 1 });

    const { image } = await decode(file, options);

    expect([...image.data]).toEqual([255, 255, 255, 51, 51, 51]);
  });
});

test('grey of 32 bits is refused instead of cut to its lowest ones', async () => {
  const file = writeTiff({ width: 2, height: 1, values: [0.25, 1], bits: 32, photometric: 1, channels: 1 });

  await expect(decode(file, options)).rejects.toMatchObject({ code: 'unsupported_format' });
});

describe('channels beyond colour and opacity', () => {
  test.each(['flatten', 'keep'] as const)('of an RGB TIFF are left out (%s)', async (existingAlpha) => {
    const values = [1, 0.4, 0, 1, 0.2, 0, 0.6, 1, 0.2, 0.9];
    const file = writeTiff({ width: 2, height: 1, values, bits: 8, photometric: 2, channels: 5, extra: [2, 0] });

    const { image, alpha } = await decode(file, { ...options, existingAlpha });

    expect([...image.data]).toEqual([255, 102, 0, 0, 153, 255]);
    expect(alpha).toBeNull();
  });

  test('of a grey TIFF are left out', async () => {
    const values = [1, 0.5, 0.5, 0.2, 0.5, 0.5];
    const file = writeTiff({ width: 2, height: 1, values, bits: 8, photometric: 1, channels: 3, extra: [0, 0] });

    const { image } = await decode(file, options);

    expect([...image.data]).toEqual([255, 255, 255, 51, 51, 51]);
  });
});
