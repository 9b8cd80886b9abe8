import { describe, expect, test } from 'vitest';
import { Preset } from '#functions/contract/preset.ts';
import { Region, regionInPx } from '#functions/contract/region.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { paint, pixelAt } from '#test/support/rasters.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const SIZE = { width: 400, height: 200 };

/** Two dark squares on white, 100 px wide, at x 50 and x 250. */
async function twoSquares(): Promise<Buffer> {
  const isInside = (x: number, y: number) => x % 200 >= 50 && x % 200 < 150 && y >= 50 && y < 150;
  const { data } = paint(SIZE.width, SIZE.height, (x, y) => (isInside(x, y) ? [120, 30, 40] : [255, 255, 255]));
  return await sharp(data, { raw: { ...SIZE, channels: 3 } })
    .png()
    .toBuffer();
}

async function cut(roi: string, change: object = {}) {
  const { bytes, manifest } = tinyModel();
  const preset = { id: 'test', content: 'cutout', background: 'transparent', format: 'png', roi, ...change };
  const cutout = await cutOut(await twoSquares(), {
    segmenter: await Segmenter.open(bytes, manifest),
    presets: [Preset.parse(preset)],
    limits: PHOTO_LIMITS_DEFAULTS,
    workspace: new Workspace(),
  });
  const { data, info } = await sharp(cutout.renditions[0]?.file.bytes).raw().toBuffer({ resolveWithObject: true });
  return { cutout, pixels: { width: info.width, height: info.height, data } };
}

describe('a region of interest', () => {
  test('keeps the frame and removes what lies outside it', async () => {
    const { pixels } = await cut('50% 0% 100% 100%');

    expect([pixels.width, pixels.height]).toEqual([400, 200]);
    expect(pixelAt(pixels, 100, 100)).toEqual([0, 0, 0, 0]);
    expect(pixelAt(pixels, 300, 100)).toEqual([120, 30, 40, 255]);
  });

  test('cuts a subject off that stands over its edge, to the pixel', async () => {
    const { pixels } = await cut('0px 0px 100px 200px');

    expect(pixelAt(pixels, 99, 100)[3]).toBe(255);
    expect(pixelAt(pixels, 100, 100)[3]).toBe(0);
  });

  test('is what the subject is measured in, and its box is given in the whole photo', async () => {
    const { cutout } = await cut('200px 0px 400px 200px');

    const { coverage, box } = cutout.assessment.mask;
    expect(coverage).toBeCloseTo(0.25, 1);
    expect(Math.abs((box?.left ?? 0) - 250)).toBeLessThanOrEqual(4);
  });

  test('crops to the subject inside it', async () => {
    const { pixels } = await cut('0% 0% 50% 100%', { layout: { canvas: 'subject' } });

    expect(Math.abs(pixels.width - 100)).toBeLessThanOrEqual(4);
  });

  test('that lies outside the photo rejects it', async () => {
    await expect(cut('500px 0px 600px 200px')).rejects.toMatchObject({ code: 'region_outside' });
  });
});

test('a region that stands over the photo ends with it', () => {
  const region = Region.parse('0px, 0px, 900px, 50%');

  expect(regionInPx(region, SIZE)).toEqual({ left: 0, top: 0, width: 400, height: 100 });
});
