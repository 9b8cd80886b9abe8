import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparePixels } from '#cdk/bench/compare-pixels.ts';

/** Two by two: red, green / blue, white. */
const PHOTO = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];

let folder: string;
let photo: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pixels-'));
  photo = join(folder, 'photo.png');
  await writeFile(photo, await png(PHOTO, 3));
});
afterAll(() => rm(folder, { recursive: true }));

const png = async (values: number[], channels: 3 | 4) =>
  await sharp(Uint8Array.from(values), { raw: { width: 2, height: 2, channels } })
    .png()
    .toBuffer();

test('finds nothing wrong with a cutout that keeps the photo’s colours', async () => {
  const cutout = await png([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 9, 9, 9, 128], 4);

  expect(await comparePixels(photo, cutout)).toEqual({ colours: 2, colourError: 0 });
});

test('tells how far a palette is off', async () => {
  const grey = [120, 120, 120];
  const cutout = await png([...grey, 255, ...grey, 255, ...grey, 255, ...grey, 255], 4);

  const { colours, colourError } = await comparePixels(photo, cutout);

  expect(colours).toBe(1);
  // Red, green and blue are each off by 135 + 120 + 120, white by 3 x 135, over 4 x 3 channels.
  expect(colourError).toBeCloseTo((3 * 375 + 405) / 12, 10);
});

test('refuses to compare a cutout of another size', async () => {
  const cutout = await sharp(await png(PHOTO, 3))
    .resize(3, 3)
    .png()
    .toBuffer();

  await expect(comparePixels(photo, cutout)).rejects.toThrow("Expected a cutout of the photo's size, 2 x 2, got 3 x 3");
});
