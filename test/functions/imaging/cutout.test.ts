import { beforeAll, describe, expect, test } from 'vitest';
import { Preset } from '#functions/contract/preset.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { type Cutout, cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Rendition } from '#functions/imaging/render.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { boxOnWhite, pixelAt } from '#test/support/rasters.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const SIZE = { width: 320, height: 192 };
const BOX = { left: 80, top: 48, width: 160, height: 96 };
const FORMATS = ['png', 'webp', 'avif', 'jpeg'] as const;

let segmenter: Segmenter;
const workspace = new Workspace();

beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  segmenter = await Segmenter.open(bytes, manifest);
});

function drawn() {
  return sharp(boxOnWhite(SIZE, BOX).data, { raw: { ...SIZE, channels: 3 } });
}

type OneCutout = Cutout & Pick<Rendition, 'file'>;

async function cut(bytes: Buffer, preset: object = {}): Promise<OneCutout> {
  const defaults = { id: 'test', content: 'cutout', background: 'transparent', format: 'png' };
  const cutout = await cutOut(bytes, {
    segmenter,
    presets: [Preset.parse({ ...defaults, ...preset })],
    limits: PHOTO_LIMITS_DEFAULTS,
    workspace,
  });
  const [only] = cutout.renditions;
  if (only === undefined) throw new Error('Expected one rendition');
  return { ...cutout, file: only.file };
}

async function pixelsOf({ file }: OneCutout) {
  const { data, info } = await sharp(file.bytes, { ignoreIcc: true }).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

const INSIDE = [160, 96] as const;
const OUTSIDE = [10, 10] as const;

describe('a drawn box is cut out', () => {
  test.each(FORMATS)('of a photo in %s', async (format) => {
    const cutout = await cut(await drawn()[format]({ quality: 95 }).toBuffer());

    const pixels = await pixelsOf(cutout);
    expect([pixels.width, pixels.height]).toEqual([320, 192]);
    expect(pixelAt(pixels, ...INSIDE)[3]).toBe(255);
    expect(pixelAt(pixels, ...OUTSIDE)).toEqual([0, 0, 0, 0]);
    expect(cutout.photo.format).toBe(format);
  });

  test.each(FORMATS)('into %s on green', async (format) => {
    const cutout = await cut(await drawn().png().toBuffer(), { format, background: { r: 0, g: 200, b: 0 } });

    const pixels = await pixelsOf(cutout);
    const near = (actual: number[], expected: number[]) =>
      Math.max(...expected.map((value, channel) => Math.abs(value - (actual[channel] ?? Number.NaN))));
    expect(near(pixelAt(pixels, ...INSIDE), [120, 30, 40])).toBeLessThan(8);
    expect(near(pixelAt(pixels, ...OUTSIDE), [0, 200, 0])).toBeLessThan(8);
    expect(cutout.file.format).toBe(format);
  });

  test('as a mask: white where the subject is', async () => {
    const pixels = await pixelsOf(await cut(await drawn().png().toBuffer(), { content: 'mask' }));

    expect(pixelAt(pixels, ...INSIDE)).toEqual([255, 255, 255]);
    expect(pixelAt(pixels, ...OUTSIDE)).toEqual([0, 0, 0]);
  });

  test("along its edges, to within what the network's grid can tell", async () => {
    const pixels = await pixelsOf(await cut(await drawn().png().toBuffer()));
    const opacity = (x: number, y: number) => pixelAt(pixels, x, y)[3] ?? Number.NaN;

    // One cell of the network's 64 x 64 grid is 5 x 3 photo pixels.
    expect([opacity(80 - 6, 96), opacity(239 + 6, 96), opacity(160, 48 - 4), opacity(160, 143 + 4)]).toEqual([
      0, 0, 0, 0,
    ]);
    for (const [x, y] of [
      [80 + 5, 96],
      [239 - 5, 96],
      [160, 48 + 3],
      [160, 143 - 3],
    ] as const) {
      expect(opacity(x, y), `(${x}, ${y})`).toBeGreaterThan(250);
    }
  });
});

test('a photo held sideways is upright before it is cut', async () => {
  const sideways = await drawn().withMetadata({ orientation: 6 }).png().toBuffer();

  const cutout = await cut(sideways);

  expect(cutout.photo).toMatchObject({ width: 192, height: 320, orientation: 6 });
  expect([cutout.file.width, cutout.file.height]).toEqual([192, 320]);
  expect((await sharp(cutout.file.bytes).metadata()).orientation).toBeUndefined();
  expect(pixelAt(await pixelsOf(cutout), 96, 160)[3]).toBe(255);
});

test('facts and judgement are those of the photo', async () => {
  const { photo, assessment } = await cut(await drawn().jpeg({ quality: 95 }).toBuffer());

  expect(photo).toEqual({ format: 'jpeg', width: 320, height: 192, orientation: 1, colourSpace: 'srgb' });
  expect(assessment.verdict).toBe('ok');
  expect(assessment.mask.parts).toBe(1);
  expect(assessment.mask.touches).toEqual([]);
  expect(assessment.mask.coverage).toBeCloseTo(0.25, 1);
});

describe("a photo's own transparency", () => {
  /** Dark everywhere, but its left half is transparent. */
  const half = async () => {
    const data = Buffer.from(Array.from({ length: 64 * 64 }, (_, i) => [40, 40, 40, i % 64 < 32 ? 0 : 255]).flat());
    return await sharp(data, { raw: { width: 64, height: 64, channels: 4 } })
      .png()
      .toBuffer();
  };

  test('is white background when flattened', async () => {
    const pixels = await pixelsOf(await cut(await half()));

    expect([pixelAt(pixels, 5, 32)[3], pixelAt(pixels, 60, 32)[3]]).toEqual([0, 255]);
  });

  test('is cut away when kept', async () => {
    const pixels = await pixelsOf(await cut(await half(), { existingAlpha: 'keep' }));

    expect([pixelAt(pixels, 5, 32)[3], pixelAt(pixels, 60, 32)[3]]).toEqual([0, 255]);
  });
});

describe('nothing to cut out', () => {
  test.each([
    ['all white', '#ffffff', ['empty_mask'], 0],
    ['all black', '#000000', ['fills_frame', 'touches_frame'], 255],
  ])('%s ends in a file and a doubt', async (_, background, reasons, opacity) => {
    const flat = await sharp({ create: { width: 50, height: 40, channels: 3, background } })
      .png()
      .toBuffer();

    const cutout = await cut(flat);

    expect(cutout.assessment.reasons).toEqual(reasons);
    expect(cutout.assessment.verdict).toBe('review');
    expect(pixelAt(await pixelsOf(cutout), 25, 20)[3]).toBe(opacity);
  });

  test('1 x 1', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } })
      .png()
      .toBuffer();

    expect((await cut(dot)).file).toMatchObject({ width: 1, height: 1 });
  });
});

describe('nothing of the photo but its subject gets into the file', () => {
  test.each(FORMATS)('no EXIF, GPS, XMP or comment in %s', async (format) => {
    const secret = 'Secret Street 5';
    const tagged = await drawn()
      .withExif({ IFD0: { Artist: secret, Copyright: secret }, IFD3: { GPSLatitudeRef: 'N', GPSMapDatum: secret } })
      .withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${secret}</x:xmpmeta>`)
      .jpeg()
      .toBuffer();
    expect(tagged.includes(secret)).toBe(true);

    const { file } = await cut(tagged, { format, background: { r: 255, g: 255, b: 255 } });

    expect(file.bytes.includes(secret)).toBe(false);
    expect(file.bytes.includes('Exif')).toBe(false);
    expect(file.bytes.includes('xmpmeta')).toBe(false);
  });

  test('no colour under invisible pixels', async () => {
    const pixels = await pixelsOf(await cut(await drawn().png().toBuffer()));

    for (let i = 0; i < pixels.data.length; i += 4) {
      if (pixels.data[i + 3] === 0) expect(pixels.data.readUInt32LE(i)).toBe(0);
    }
  });
});

test('every format gives the same bytes on the second run, and after another photo', async () => {
  const photo = await drawn().jpeg().toBuffer();
  const other = await sharp(boxOnWhite({ width: 500, height: 400 }, BOX).data, {
    raw: { width: 500, height: 400, channels: 3 },
  })
    .png()
    .toBuffer();

  for (const format of ['png', 'webp', 'avif'] as const) {
    const first = (await cut(photo, { format })).file.bytes;
    await cut(other, { format });
    expect((await cut(photo, { format })).file.bytes.equals(first), format).toBe(true);
  }
});

test('stages run in the order of the flow, each once', async () => {
  const stages: string[] = [];
  const { bytes, manifest } = tinyModel();

  await cutOut(await drawn().png().toBuffer(), {
    segmenter: await Segmenter.open(bytes, manifest),
    presets: [Preset.parse({ id: 'test', content: 'cutout', background: 'transparent', format: 'png' })],
    limits: PHOTO_LIMITS_DEFAULTS,
    workspace: new Workspace(),
    stage: async (name, run) => {
      stages.push(name);
      return await run();
    },
  });

  expect(stages).toEqual(['decode', 'segment', 'assess', 'refine', 'compose', 'encode']);
});
