import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import type { RgbImage } from '#functions/imaging/raster.ts';
import { describeEdges } from '#models/evaluate/describe-edges.ts';
import type { EvaluationSet } from '#models/evaluate/evaluation-sets.ts';
import { measureEdges } from '#models/evaluate/measure-edges.ts';
import { SOLVABLE, trueColours } from '#models/evaluate/true-colours.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { type Colour, paint } from '#test/support/rasters.ts';

const SIZE = { width: 96, height: 80 };
/** A disc whose rim is a few pixels soft. */
const opacityAt = (x: number, y: number) => Math.min(1, Math.max(0, (30 - Math.hypot(x - 47, y - 40)) / 3));
const TRUTH = {
  ...SIZE,
  data: Float32Array.from({ length: 96 * 80 }, (_, i) => opacityAt(i % 96, Math.floor(i / 96))),
};
/** The subject's own colour changes towards its right. */
const subject = (x: number): Colour => [180 + x / 4, 40, 60 + x / 2];
const backdrops: ((x: number, y: number) => Colour)[] = [
  (x, y) => [40 + x / 2, 90 + y / 2, 200],
  (x, y) => [220 - x, 230, 90 + y],
];

function photoOn(backdrop: (x: number, y: number) => Colour, bright = 0): RgbImage {
  return paint(SIZE.width, SIZE.height, (x, y) => {
    const [opacity, front, back] = [opacityAt(x, y), subject(x), backdrop(x, y)];
    return [0, 1, 2].map((channel) =>
      Math.round(bright + opacity * (front[channel] ?? 0) + (1 - opacity) * (back[channel] ?? 0)),
    ) as unknown as Colour;
  });
}

describe('the colours of a cut-out on two backdrops', () => {
  test('are solved to what rounding leaves', () => {
    const { pixels, colours, noise } = trueColours(
      backdrops.map((backdrop) => photoOn(backdrop)),
      TRUTH,
    );

    const wanted = TRUTH.data.filter((opacity) => opacity > SOLVABLE.low && opacity < SOLVABLE.high);
    expect(pixels).toHaveLength(wanted.length);
    pixels.forEach((pixel, index) => {
      // Half a level of rounding in the photo, and as much in its backdrop, over the opacity.
      const limit = 1 / (TRUTH.data[pixel] ?? 0);
      subject(pixel % 96).forEach((value, channel) => {
        expect(Math.abs((colours[index * 3 + channel] ?? 0) - value), `pixel ${pixel}`).toBeLessThanOrEqual(limit);
      });
    });
    expect(noise).toBeLessThan(2);
  });

  test('are said to be off by as much as the photos disagree', () => {
    const [plain, restless] = backdrops as [(typeof backdrops)[0], (typeof backdrops)[0]];
    // A subject that is 8 levels brighter in one photo, and its backdrop with it, differs by 8 in what is solved.
    const { noise } = trueColours([photoOn(plain), photoOn(restless, 8)], TRUTH);

    expect(noise).toBeGreaterThan(3.5);
    expect(noise).toBeLessThan(5.5);
  });

  test('are unknown where no bare backdrop is near', () => {
    const veil = { ...TRUTH, data: TRUTH.data.map((opacity) => Math.max(opacity, 0.05)) };

    expect(trueColours([photoOn(backdrops[0] ?? subject)], veil).pixels).toHaveLength(0);
  });
});

/** The set on disk, with masks of a fifth of the size. */
async function setOf(count: number): Promise<{ set: EvaluationSet; photos: Map<string, RgbImage> }> {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'masks'), { recursive: true });
  const png = sharp(Buffer.from(TRUTH.data.map((opacity) => Math.round(opacity * 255))), {
    raw: { ...SIZE, channels: 1 },
  }).toColourspace('b-w');
  const photos = new Map<string, RgbImage>();
  const pairs = [];
  for (let i = 0; i < count; i++) {
    const [photo, truth] = [join(folder, `${i}.jpg`), join(folder, 'masks', `${i}.png`)];
    await writeFile(truth, await png.clone().png().toBuffer());
    photos.set(photo, photoOn(backdrops[i] ?? subject));
    pairs.push({ name: `${i}`, photo, truth });
  }
  return { set: { name: 'discs', pairs }, photos };
}

function coarse(value: (x: number, y: number) => number) {
  const [width, height] = [12, 10];
  return {
    width,
    height,
    data: Uint8Array.from({ length: 120 }, (_, i) => 255 * value((i % 12) * 8 + 4, Math.floor(i / 12) * 8 + 4)),
  };
}

describe('edges measured', () => {
  test('fine ones come nearer to opacity, outline and colours than a scaled mask, and leave the photos as they are', async () => {
    const { set, photos } = await setOf(2);
    const before = [...photos.values()].map(({ data }) => Uint8Array.from(data));

    const measured = await measureEdges(set, {
      read: async (file) => ({ image: photos.get(file) as RgbImage, mask: coarse(opacityAt) }),
    });

    const { bilinear, fine, fast } = measured.ways;
    expect(measured).toMatchObject({ photos: 2, leftOut: 0 });
    expect(fine.alphaMae).toBeLessThan(bilinear.alphaMae * 0.7);
    expect(fine.outlinePx).toBeLessThan(bilinear.outlinePx * 0.7);
    expect(fine.colour).toBeLessThan((bilinear.colour ?? 0) / 2);
    // Fast edges change no colour.
    expect(fast.colour).toBe(bilinear.colour);
    expect([...photos.values()].map(({ data }) => data)).toEqual(before);
    expect(describeEdges('discs', measured)).toContain(`of ${measured.pixels} pixels of 10 to 90 % opacity`);
  });

  test('a cut-out on one backdrop says nothing of colours', async () => {
    const { set, photos } = await setOf(1);

    const measured = await measureEdges(set, {
      read: async (file) => ({ image: photos.get(file) as RgbImage, mask: coarse(opacityAt) }),
    });

    expect(measured.ways.fine.colour).toBeNull();
    expect(describeEdges('discs', measured)).toContain('No colours');
  });

  test('nor do two subjects of one shape', async () => {
    const { set, photos } = await setOf(2);
    const [first] = set.pairs;
    const read = async (file: string) => {
      const image = photos.get(file) as RgbImage;
      const data = file === first?.photo ? image.data.map((level) => 255 - level) : image.data;
      return { image: { ...image, data }, mask: coarse(opacityAt) };
    };

    expect((await measureEdges(set, { read })).pixels).toBe(0);
  });

  test('photos whose subject is not found are left out, and all of them are an error', async () => {
    const { set, photos } = await setOf(2);
    const [first] = set.pairs;
    const read = (isLost: (file: string) => boolean) => async (file: string) => ({
      image: photos.get(file) as RgbImage,
      mask: coarse(isLost(file) ? () => 0 : opacityAt),
    });

    expect(await measureEdges(set, { read: read((file) => file === first?.photo) })).toMatchObject({
      photos: 1,
      leftOut: 1,
    });
    await expect(measureEdges(set, { read: read(() => true) })).rejects.toThrow('Expected a photo in discs');
  });
});
