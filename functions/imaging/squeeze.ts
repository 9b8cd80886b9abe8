import { sharp } from './codec.ts';
import type { RgbImage } from './raster.ts';

/** libvips halves an axis by a plain mean before its Lanczos as soon as it is to shrink by so much (its `gap` of 2, twice). */
const HALVED_FROM = 4;

/** As far as one Lanczos step may shrink an axis so that nothing is halved before it. */
const LARGEST_STEP = 3.99;

/**
 * Brings a photo to a network's input size without keeping its aspect, by the filter of the parents' own tools: Lanczos, which also averages when it
 * shrinks. An axis that shrinks by 4 or more takes two steps of it: in one, libvips's halving is off by up to 5 levels from what the
 * parents were trained with, which moves the mask of a busy photo (IoU .985 instead of .996 with rembg's own).
 *
 * Cost: 10 ms at 2 MP and 23 at 12 in one step, up to twice that in two.
 */
export async function squeeze(image: RgbImage, width: number, height: number): Promise<Uint8Array> {
  const between = { width: stepTo(image.width, width), height: stepTo(image.height, height) };
  const isOneStep = between.width === width && between.height === height;
  return (await shrunk(isOneStep ? image : await shrunk(image, between), { width, height })).data;
}

/** Where the first step takes an axis: to its end where one step is enough. */
function stepTo(from: number, to: number): number {
  return from < HALVED_FROM * to ? to : Math.floor(LARGEST_STEP * to);
}

async function shrunk({ width, height, data }: RgbImage, size: { width: number; height: number }): Promise<RgbImage> {
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...size, fit: 'fill', kernel: 'lanczos3' })
    .raw()
    .toBuffer();
  return { ...size, data: bytes };
}
