import { beforeAll, describe, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { Preset } from '#functions/contract/preset.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Rendition } from '#functions/imaging/render.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { brokenPromises, lookAtListing } from '#test/support/listing-check.ts';
import { boxOnWhite, pixelAt } from '#test/support/rasters.ts';
import { tinyModel } from '#test/support/tiny-model.ts';

const SHOPS = ['amazon', 'google', 'walmart', 'ebay', 'shopify', 'etsy', 'zalando', 'taobao', 'white-square'];

let segmenter: Segmenter;
beforeAll(async () => {
  const { bytes, manifest } = tinyModel();
  segmenter = await Segmenter.open(bytes, manifest);
});

async function render(photo: Buffer, presets: readonly Preset[], extra: object = {}): Promise<readonly Rendition[]> {
  const options = { segmenter, presets, limits: PHOTO_LIMITS_DEFAULTS, workspace: new Workspace(), ...extra };
  return (await cutOut(photo, options)).renditions;
}

function photoOf(size: { width: number; height: number }, box: Parameters<typeof boxOnWhite>[1]): Promise<Buffer> {
  return sharp(boxOnWhite(size, box).data, { raw: { ...size, channels: 3 } })
    .png()
    .toBuffer();
}

describe.each([
  ['a large subject in its middle', { width: 1200, height: 1000 }, { left: 200, top: 100, width: 800, height: 800 }],
  ['a small one', { width: 300, height: 200 }, { left: 100, top: 60, width: 90, height: 90 }],
  ['one that the photo cuts off', { width: 600, height: 600 }, { left: 0, top: 100, width: 300, height: 400 }],
])('%s', (_, size, box) => {
  test.each(SHOPS)('%s: what is said to pass passes an independent look', async (id) => {
    const preset = BUILT_IN_PRESETS.get(id) as Preset;

    const [rendition] = await render(await photoOf(size, box), [preset]);

    const { file, rules = [] } = rendition ?? {};
    const seen = await lookAtListing(file?.bytes ?? Buffer.alloc(0));
    // A cell of the tiny network's grid, scaled with the subject, is soft.
    const softPx = Math.max(4, Math.round(Math.max(seen.width, seen.height) * 0.01));
    expect(rules.map(({ check }) => check)).toEqual(preset.rules?.map(({ check }) => check));
    expect(brokenPromises(seen, rules, softPx)).toEqual([]);
  });
});

test('several presets are made of one decode and one segmentation', async () => {
  const runs: string[] = [];
  const presets = SHOPS.map((id) => BUILT_IN_PRESETS.get(id) as Preset);
  const photo = await photoOf({ width: 300, height: 200 }, { left: 100, top: 60, width: 90, height: 90 });

  const renditions = await render(photo, presets, {
    stage: async (name: string, run: () => unknown) => {
      runs.push(name);
      return await run();
    },
  });

  expect(renditions.map(({ preset }) => preset.id)).toEqual(SHOPS);
  expect(runs.filter((name) => name === 'decode' || name === 'segment')).toEqual(['decode', 'segment']);
});

test('bytes no quality meets are a rule that failed, not an error', async () => {
  const amazon = BUILT_IN_PRESETS.get('amazon') as Preset;
  const preset = Preset.parse({ ...amazon, rules: [{ check: 'bytes', max: 100 }] });

  const [rendition] = await render(
    await photoOf({ width: 300, height: 200 }, { left: 100, top: 60, width: 90, height: 90 }),
    [preset],
  );

  expect(rendition?.rules).toMatchObject([{ check: 'bytes', max: 100, passed: false }]);
  expect(rendition?.rules[0]?.value).toBe(rendition?.file.bytes.length);
});

test('a blank photo gives a blank frame of the asked size that says so', async () => {
  const blank = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#ffffff' } })
    .png()
    .toBuffer();

  const [rendition] = await render(blank, [BUILT_IN_PRESETS.get('taobao') as Preset]);

  expect(rendition?.rules.filter(({ passed }) => !passed).map(({ check }) => check)).toContain('subject_width');
});

test('a picture behind the subject fills the frame, whatever its own ratio', async () => {
  const background = { image: 'wall.png', sha256: 'a'.repeat(64) };
  const preset = Preset.parse({
    id: 'scene',
    content: 'cutout',
    background,
    format: 'png',
    layout: { canvas: { width: 100, height: 50 }, fill: 0.5 },
  });
  const green = Uint8Array.from(Array.from({ length: 300 * 30 }, () => [0, 200, 0]).flat());
  const backdrops = new Map([['wall.png', { width: 300, height: 30, data: green }]]);

  const photo = await photoOf({ width: 300, height: 200 }, { left: 100, top: 60, width: 90, height: 90 });
  const [rendition] = await render(photo, [preset], { backdrops });

  const { data, info } = await sharp(rendition?.file.bytes).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([100, 50]);
  expect(pixelAt({ ...info, data }, 2, 2)).toEqual([0, 200, 0]);
  expect(pixelAt({ ...info, data }, 50, 25)).toEqual([120, 30, 40]);
});
