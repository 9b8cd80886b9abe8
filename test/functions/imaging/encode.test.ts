import { describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { type EncodedFile, encode } from '#functions/imaging/encode.ts';
import { splitAlpha } from '#functions/imaging/kernels/split-alpha.ts';
import type { Raster } from '#functions/imaging/raster.ts';
import { readAvifColours, readJpegSegments, readPngChunks, readWebpChunks } from '#test/support/containers.ts';
import { firstDifference } from '#test/support/matchers.ts';
import { seededRandom } from '#test/support/rasters.ts';

const FORMATS = ['png', 'webp', 'avif', 'jpeg'] as const;
const SIZES = [
  [1, 1],
  [1, 5000],
  [5000, 1],
  [3, 5],
  [64, 48],
] as const;

/** Soft shapes, so that lossy formats have no excuse; alpha runs from 0 to 255. */
function raster(width: number, height: number, channels: Raster['channels']): Raster {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels);
    const [x, y] = [(pixel % width) / width, Math.floor(pixel / width) / height];
    const waves = [x, y, 1 - x, (x + y) / 2];
    data[i] = Math.round(255 * (waves[channels === 1 ? 0 : i % channels] ?? 0));
  }
  return { width, height, channels, data };
}

async function readBack(file: EncodedFile): Promise<{ width: number; height: number; channels: number; data: Buffer }> {
  const picture = sharp(file.bytes, { ignoreIcc: true });
  if ((await picture.metadata()).channels === 1) picture.toColourspace('b-w');
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

describe.each(FORMATS)('%s', (format) => {
  test.each(SIZES)('%d x %d is written in its own size, with any number of channels', async (width, height) => {
    for (const channels of [1, 3, 4] as const) {
      const file = await encode(raster(width, height, channels), { format });
      const back = await readBack(file);

      expect([file.width, file.height, back.width, back.height]).toEqual([width, height, width, height]);
      expect(file.format).toBe(format);
      expect((await sharp(file.bytes).metadata()).format).toBe(format === 'avif' ? 'heif' : format);
    }
  });

  test('says its content type', async () => {
    expect((await encode(raster(2, 2, 3), { format })).contentType).toBe(`image/${format}`);
  });

  test('carries nothing but pixels and colour space', async () => {
    const { bytes } = await encode(raster(16, 16, 3), { format });
    const { exif, xmp, iptc, density, orientation, comments } = await sharp(bytes).metadata();

    expect({ exif, xmp, iptc, orientation, comments }).toEqual({});
    expect([undefined, 72]).toContain(density);
  });

  test('gives the same bytes each time', async () => {
    const [first, second] = [await encode(raster(33, 21, 3), { format }), await encode(raster(33, 21, 3), { format })];

    expect(first.bytes.equals(second.bytes)).toBe(true);
  });

  test('reads pixels that start in the middle of their buffer', async () => {
    const { data, ...size } = raster(12, 7, 3);
    const padded = new Uint8Array(data.length + 5);
    padded.set(data, 5);

    const file = await encode({ ...size, data: padded.subarray(5) }, { format });

    expect(file.bytes.equals((await encode({ ...size, data }, { format })).bytes)).toBe(true);
  });
});

test.each(['png', 'webp', 'avif'] as const)(
  '%s: opacity beside the colours makes the same file as between them',
  async (format) => {
    const { data, ...size } = raster(64, 48, 4);
    const { image, alpha } = splitAlpha({ ...size, channels: 4, data });

    const file = await encode({ ...image, channels: 3, alpha: alpha.data }, { format });

    expect(file.bytes.equals((await encode({ ...size, channels: 4, data }, { format })).bytes)).toBe(true);
  },
);

describe('what was put in comes out', () => {
  test.each([1, 3, 4] as const)('PNG with %d channels: to the last bit', async (channels) => {
    const before = raster(64, 48, channels);

    const back = await readBack(await encode(before, { format: 'png' }));

    expect(back.channels).toBe(channels);
    expect(firstDifference(back, before)).toBeNull();
  });

  test.each(['webp', 'avif', 'jpeg'] as const)('%s in RGB: within 12 levels of soft gradients', async (format) => {
    const before = raster(64, 48, 3);

    expect(firstDifference(await readBack(await encode(before, { format })), before, 12)).toBeNull();
  });

  test.each(['webp', 'avif'] as const)(
    '%s with opacity: invisible stays invisible, opaque stays opaque',
    async (format) => {
      const random = seededRandom(2);
      const data = new Uint8Array(64 * 64 * 4).map((_, i) => (i % 4 < 3 ? random() * 255 : i % 256 < 128 ? 0 : 255));

      const back = await readBack(await encode({ width: 64, height: 64, channels: 4, data }, { format }));

      const wrong = data.findIndex((value, i) => i % 4 === 3 && Math.abs((back.data[i] ?? Number.NaN) - value) > 3);
      expect(wrong).toBe(-1);
    },
  );

  test.each(['png', 'jpeg'] as const)('a mask as %s is one grey channel', async (format) => {
    const back = await sharp((await encode(raster(32, 32, 1), { format })).bytes).metadata();

    expect([back.space, back.channels]).toEqual(['b-w', 1]);
  });

  test('a better quality costs bytes in each lossy format', async () => {
    const random = seededRandom(9);
    const noise: Raster = { ...raster(64, 64, 3), data: new Uint8Array(64 * 64 * 3).map(() => random() * 255) };

    for (const format of ['webp', 'avif', 'jpeg'] as const) {
      const [low, high] = [await encode(noise, { format, quality: 20 }), await encode(noise, { format, quality: 95 })];
      expect(low.bytes.length, format).toBeLessThan(high.bytes.length);
    }
  });
});

describe('colour cutouts are tagged sRGB', () => {
  test.each([3, 4] as const)(
    'PNG with %d channels: one iCCP chunk before the pixels, all checksums true',
    async (channels) => {
      const { bytes } = await encode(raster(9, 9, channels), { format: 'png' });

      const names = readPngChunks(bytes).map(({ name }) => name);
      expect(names.slice(0, 2)).toEqual(['IHDR', 'iCCP']);
      expect(names.filter((name) => name === 'iCCP' || name === 'sRGB')).toEqual(['iCCP']);
      expect(names.at(-1)).toBe('IEND');
    },
  );

  test.each([
    ['without opacity', 3, 0x20, ['VP8X', 'ICCP', 'VP8 ']],
    ['with opacity', 4, 0x30, ['VP8X', 'ICCP', 'ALPH', 'VP8 ']],
  ] as const)('WebP %s: chunks in order, sizes and flags true', async (_, channels, flags, order) => {
    for (const [width, height] of SIZES) {
      const { bytes } = await encode(raster(width, height, channels), { format: 'webp' });

      const chunks = readWebpChunks(bytes);
      const header = chunks[0]?.content ?? Buffer.alloc(10);
      const isOpaque = channels === 4 && !chunks.some(({ name }) => name === 'ALPH');
      expect(isOpaque ? [] : chunks.map(({ name }) => name)).toEqual(isOpaque ? [] : order);
      expect(isOpaque ? flags : header.readUInt8(0)).toBe(flags);
      expect([header.readUIntLE(4, 3) + 1, header.readUIntLE(7, 3) + 1]).toEqual([width, height]);
    }
  });

  test('JPEG: the profile in the first segment', async () => {
    const { bytes } = await encode(raster(9, 9, 3), { format: 'jpeg' });

    const [first, ...others] = readJpegSegments(bytes);
    expect(first?.marker).toBe(0xe2);
    expect(first?.content.toString('latin1', 0, 14)).toBe('ICC_PROFILE\0\x01\x01');
    expect(others.map(({ marker }) => marker)).not.toContain(0xe2);
  });

  test.each(['png', 'webp', 'jpeg'] as const)(
    "%s: sharp reads the profile back, and it is libvips' sRGB",
    async (format) => {
      const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });
      const tagged = await sharp(await pixel.withIccProfile('srgb').png().toBuffer()).metadata();

      const { icc } = await sharp((await encode(raster(9, 9, 3), { format })).bytes).metadata();

      expect(icc?.length).toBeGreaterThan(100);
      expect(icc).toEqual(tagged.icc);
    },
  );

  test.each([3, 4] as const)(
    'AVIF with %d channels: BT.709 primaries, sRGB transfer, BT.601 matrix',
    async (channels) => {
      expect(readAvifColours((await encode(raster(64, 48, channels), { format: 'avif' })).bytes)).toEqual([1, 13, 6]);
    },
  );

  test.each(FORMATS)('a mask as %s carries no profile, being no colour', async (format) => {
    expect((await sharp((await encode(raster(8, 8, 1), { format })).bytes).metadata()).icc).toBeUndefined();
  });
});

describe('a side longer than a format can hold is refused before any work', () => {
  test.each([
    ['webp', 16_383],
    ['avif', 16_384],
    ['jpeg', 65_500],
  ] as const)('%s: %d px is the longest', async (format, longest) => {
    await expect(encode(raster(longest + 1, 1, 3), { format })).rejects.toMatchObject({ code: 'too_many_pixels' });
    await expect(encode(raster(1, longest + 1, 3), { format })).rejects.toMatchObject({ code: 'too_many_pixels' });
    expect((await encode(raster(longest, 1, 3), { format })).width).toBe(longest);
  });

  test('PNG takes them', async () => {
    expect((await encode(raster(70_000, 1, 3), { format: 'png' })).width).toBe(70_000);
  });
});
