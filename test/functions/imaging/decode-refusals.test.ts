import { deflateSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS, refuseTooManyBytes } from '#functions/imaging/decode.ts';
import { ImagingError } from '#functions/imaging/errors.ts';
import { pngChunk, writePng } from '#test/support/png.ts';
import { seededRandom } from '#test/support/rasters.ts';

const FORMATS = ['jpeg', 'progressive jpeg', 'png', 'webp', 'lossless webp', 'avif', 'tiff', 'gif'] as const;
type Format = (typeof FORMATS)[number];

/** A noisy photo of 96 x 96 in each format, so that no file is all header. */
const files = new Map<Format, Buffer>();

beforeAll(async () => {
  const random = seededRandom(3);
  const pixels = Buffer.from(Array.from({ length: 96 * 96 * 3 }, (_, i) => (i % 96) + random() * 100));
  const photo = () => sharp(pixels, { raw: { width: 96, height: 96, channels: 3 } });
  const pipelines = {
    jpeg: photo().jpeg(),
    'progressive jpeg': photo().jpeg({ progressive: true }),
    png: photo().png(),
    webp: photo().webp(),
    'lossless webp': photo().webp({ lossless: true }),
    avif: photo().avif({ effort: 0 }),
    tiff: photo().tiff({ compression: 'lzw' }),
    gif: photo().gif({ effort: 1 }),
  } satisfies Record<Format, unknown>;
  for (const format of FORMATS) files.set(format, await pipelines[format].toBuffer());
});

function fileOf(format: Format): Buffer {
  return files.get(format) ?? Buffer.alloc(0);
}

/** What becomes of a file: `decoded`, or the code it is refused with. Anything but a refusal is a failed test. */
async function outcome(bytes: Uint8Array, limits = PHOTO_LIMITS_DEFAULTS): Promise<string> {
  try {
    await decode(bytes, { limits, existingAlpha: 'flatten' });
    return 'decoded';
  } catch (error) {
    if (!(error instanceof ImagingError)) throw error;
    expect(error.message).toMatch(/^Expected .+, got .+\./);
    expect(error.retryable).toBe(false);
    return error.code;
  }
}

describe('a file that was cut short is corrupt', () => {
  test.each(FORMATS)('%s, wherever it was cut', async (format) => {
    const file = fileOf(format);

    for (const share of [0.05, 0.2, 0.5, 0.9, 0.98]) {
      expect(await outcome(file.subarray(0, Math.floor(file.length * share))), `${share} of the file`).toBe('corrupt');
    }
    expect(await outcome(file)).toBe('decoded');
  });
});

describe('a damaged file is corrupt or decoded, and never an unknown failure', () => {
  test.each(FORMATS)('%s with bytes knocked over', async (format) => {
    const random = seededRandom(11);

    for (let round = 0; round < 25; round++) {
      const file = Buffer.from(fileOf(format));
      for (let hit = 0; hit < 8; hit++) file[Math.floor(random() * file.length)] = Math.floor(random() * 256);
      expect(['decoded', 'corrupt', 'not_a_photo', 'too_many_pixels', 'unsupported_format']).toContain(
        await outcome(file),
      );
    }
  });

  test('a PNG whose pixels fail their checksum', async () => {
    const file = Buffer.from(fileOf('png'));
    file[Math.floor(file.length / 2)] = (file[Math.floor(file.length / 2)] ?? 0) ^ 1;

    expect(await outcome(file)).toBe('corrupt');
  });

  test('a picture of 0 x 0', async () => {
    expect(await outcome(writePng({ width: 0, height: 0, rows: new Uint8Array() }))).toBe('corrupt');
  });
});

describe('what viewers show is accepted', () => {
  test('a JPEG with stray bytes before a marker', async () => {
    const file = fileOf('jpeg');
    const afterFirstSegment = 4 + file.readUInt16BE(4);
    const stray = Buffer.from([1, 2, 3, 4, 5]);

    expect(
      await outcome(Buffer.concat([file.subarray(0, afterFirstSegment), stray, file.subarray(afterFirstSegment)])),
    ).toBe('decoded');
  });

  test('a JPEG with stray bytes before its end marker', async () => {
    const file = fileOf('jpeg');

    expect(await outcome(Buffer.concat([file.subarray(0, -2), Buffer.alloc(9, 7), file.subarray(-2)]))).toBe('decoded');
  });

  test.each(FORMATS)('%s with something appended', async (format) => {
    expect(await outcome(Buffer.concat([fileOf(format), Buffer.alloc(999, 65)]))).toBe('decoded');
  });

  test('a JPEG whose EXIF block is nonsense', async () => {
    const file = fileOf('jpeg');
    const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 40]), Buffer.from('Exif\0\0'), Buffer.alloc(32, 0xee)]);

    expect(await outcome(Buffer.concat([file.subarray(0, 2), exif, file.subarray(2)]))).toBe('decoded');
  });
});

test('an AVIF that names itself by the family and lists AVIF behind is accepted', async () => {
  const file = Buffer.from(fileOf('avif'));
  expect(file.toString('latin1', 4, 24)).toBe('ftypavif\0\0\0\0mif1avif');
  file.write('mif1', 8, 'latin1');

  expect(await outcome(file)).toBe('decoded');
});

describe('what is no photo', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>';
  const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');

  test.each([
    ['an empty file', '', 'empty_file'],
    ['text', 'A red shoe, size 42', 'not_a_photo'],
    ['JSON', '{"a": 1}', 'not_a_photo'],
    ['PDF', '%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj', 'not_a_photo'],
    ['ZIP', `PK\x03\x04\x14\0\0\0\0\0${'\0'.repeat(40)}`, 'not_a_photo'],
    ['zeros', '\0'.repeat(1000), 'not_a_photo'],
    ['one byte', '\xff', 'not_a_photo'],
    ['SVG', svg, 'unsupported_format'],
    ['SVG after an XML head', `<?xml version="1.0"?>\n<!-- drawing -->\n${svg}`, 'unsupported_format'],
    ['BMP', `BM${'\0'.repeat(60)}`, 'unsupported_format'],
    ['PSD', `8BPS\0\x01${'\0'.repeat(60)}`, 'unsupported_format'],
    ['JPEG XL', `\0\0\0\x0cJXL \r\n\x87\n${'\0'.repeat(40)}`, 'unsupported_format'],
  ])('%s', async (_, content, code) => {
    expect(await outcome(Buffer.from(content, 'latin1'))).toBe(code);
  });

  test('HEIC is a picture that cannot be read, and the message says so', async () => {
    const refusal = decode(heic, { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });

    await expect(refusal).rejects.toThrow(/got HEIC\. Export .* JPEG/);
  });

  test('any beginning of any kind of file ends in a refusal, not in a fault', async () => {
    const random = seededRandom(5);
    const magics = ['PK\x03\x04', 'ID3', 'OggS', '%PDF', '\x1f\x8b', 'II*\0', 'MM\0*', 'RIFF\x10\0\0\0WEBP', 'GIF89a'];
    const boxes = [
      '\0\0\0\x1cftypavif',
      '\0\0\0\x1cftypmif1',
      '\0\0\0\x0cjP  \r\n\x87\n',
      '\xff\xd8\xff',
      '\x89PNG\r\n',
    ];

    for (const magic of [...magics, ...boxes]) {
      for (const length of [0, 1, 7, 30, 400]) {
        const rest = Buffer.from(Array.from({ length }, () => random() * 256));
        expect(await outcome(Buffer.concat([Buffer.from(magic, 'latin1'), rest]))).not.toBe('decoded');
      }
    }
  });
});

describe('loaders that can read files or run scripts stay locked', () => {
  test.each([
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'],
    ['PDF', '%PDF-1.7\n1 0 obj\n<</Type /Catalog>>\nendobj'],
    ['PPM', 'P6 1 1 255\nabc'],
  ])('%s, even where the check of the first bytes is passed by', async (_, content) => {
    await expect(sharp(Buffer.from(content)).metadata()).rejects.toThrow(/unsupported image format/);
  });

  test("an SVG inside a TIFF's clothes", async () => {
    expect(await outcome(Buffer.from('II*\0<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))).toBe(
      'corrupt',
    );
  });
});

describe('limits', () => {
  test("count the file's bytes, the limit included", async () => {
    const file = fileOf('jpeg');

    expect(await outcome(file, { ...PHOTO_LIMITS_DEFAULTS, maxBytes: file.length })).toBe('decoded');
    expect(await outcome(file, { ...PHOTO_LIMITS_DEFAULTS, maxBytes: file.length - 1 })).toBe('too_many_bytes');
  });

  test("count the header's pixels, the limit included", async () => {
    expect(await outcome(fileOf('png'), { ...PHOTO_LIMITS_DEFAULTS, maxPixels: 96 * 96 })).toBe('decoded');
    expect(await outcome(fileOf('png'), { ...PHOTO_LIMITS_DEFAULTS, maxPixels: 96 * 96 - 1 })).toBe('too_many_pixels');
  });

  test('can be asked before a file is read', () => {
    expect(() => refuseTooManyBytes(10, 10)).not.toThrow();
    expect(() => refuseTooManyBytes(201_000_000, 200_000_000)).toThrow(/at most 200\.0 MB, got 201\.0 MB/);
  });

  test('a header of 30,000 x 30,000 over no pixels costs no memory', async () => {
    const bomb = writePng({ width: 30_000, height: 30_000, rows: new Uint8Array(100) });
    const before = process.memoryUsage.rss();

    expect(await outcome(bomb)).toBe('too_many_pixels');
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  test('a profile that unpacks to 100 MB costs no memory and no photo', async () => {
    const profile = Buffer.concat([Buffer.from('x\0\0', 'latin1'), deflateSync(Buffer.alloc(100_000_000))]);
    const rows = Buffer.from([0, 1, 2, 3]);
    const bomb = writePng({ width: 1, height: 1, rows, chunks: [pngChunk('iCCP', profile)] });
    const before = process.memoryUsage.rss();

    expect(await outcome(bomb)).toBe('decoded');
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });
});
