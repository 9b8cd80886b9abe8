import { expect, test } from 'vitest';
import { Preset } from '#functions/contract/preset.ts';
import { shrink } from '#functions/imaging/shrink.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { boxOnWhite, pixelAt } from '#test/support/rasters.ts';

const workspace = new Workspace();
const SIZE = { width: 400, height: 300 };

function cut() {
  const image = boxOnWhite(SIZE, { left: 0, top: 0, width: 130, height: 300 });
  const data = Uint8Array.from({ length: 400 * 300 }, (_, i) => (i % 400 < 130 ? 255 : 0));
  return { image, alpha: { ...SIZE, data } };
}

test('makes a photo and its opacity smaller in their own ratio', async () => {
  const { image, alpha } = await shrink(cut(), { maxPixels: 30_000, workspace });

  expect([image.width, image.height, alpha.width, alpha.height]).toEqual([200, 150, 200, 150]);
  expect([image.data.length, alpha.data.length]).toEqual([200 * 150 * 3, 200 * 150]);
  expect([pixelAt(image, 20, 75), pixelAt(image, 180, 75)]).toEqual([
    [120, 30, 40],
    [0, 0, 0],
  ]);
  expect([pixelAt(alpha, 20, 75), pixelAt(alpha, 180, 75)]).toEqual([[255], [0]]);
});

test('lets none of the background into the colours of a smaller edge', async () => {
  const { image, alpha } = await shrink(cut(), { maxPixels: 25_000, workspace });

  const edge = Array.from({ length: image.width }, (_, x) => x).filter((x) => {
    const [opacity = 0] = pixelAt(alpha, x, 60);
    return opacity > 20 && opacity < 235;
  });
  expect(edge.length).toBeGreaterThan(0);
  for (const x of edge) {
    for (const [channel, wanted] of [120, 30, 40].entries()) {
      expect(Math.abs((pixelAt(image, x, 60)[channel] ?? 0) - wanted), `${x}`).toBeLessThan(8);
    }
  }
});

test.each([119_999, 100_000, 77_777, 1000, 7, 1])('leaves at most %d pixels', async (maxPixels) => {
  const { image } = await shrink(cut(), { maxPixels, workspace });

  expect(image.width * image.height).toBeLessThanOrEqual(maxPixels);
  expect(Math.min(image.width, image.height)).toBeGreaterThanOrEqual(1);
});

test.each([120_000, 1e9, Number.POSITIVE_INFINITY])(
  'leaves a photo of no more than %d pixels as it is',
  async (most) => {
    const given = cut();

    expect(await shrink(given, { maxPixels: most, workspace })).toEqual(given);
  },
);

test('a preset may ask for no more pixels', () => {
  const preset = { id: 'small', content: 'cutout', background: 'transparent', format: 'png' };

  expect(Preset.parse({ ...preset, maxPixels: 250_000 }).maxPixels).toBe(250_000);
  expect(Preset.safeParse({ ...preset, maxPixels: 0 }).success).toBe(false);
});
