import { type Region, type RegionBox, regionInPx } from '../contract/region.ts';
import { sharp } from './codec.ts';
import { ImagingError } from './errors.ts';
import type { Alpha, Mask, RgbImage } from './raster.ts';

/** A mask of a part of a photo is laid into one of the whole photo with at most so many pixels a side. */
const LONGEST_MASK_PX = 4096;
/** Of mask pixels. */
const RIM = 3;

/**
 * Finds a region's pixels in a photo.
 *
 * @returns null where the whole photo counts. @throws {ImagingError} `region_outside` when the photo has none of it.
 */
export function findRegion(region: Region | undefined, { width, height }: RgbImage): RegionBox | null {
  if (region === undefined) return null;
  const box = regionInPx(region, { width, height });
  if (box === null) {
    throw new ImagingError(
      'region_outside',
      `Expected a region that lies in the photo, which is ${width} x ${height}, got one outside. Correct it, or give it in %.`,
    );
  }
  return box.width === width && box.height === height ? null : box;
}

/** @returns The part of a photo that lies in a region: all of it where there is none. */
export async function cutToRegion(image: RgbImage, region: RegionBox | null): Promise<RgbImage> {
  if (region === null) return image;
  const { width, height, data } = image;
  const part = sharp(data, { raw: { width, height, channels: 3 } }).extract(region);
  return { width: region.width, height: region.height, data: await part.raw().toBuffer() };
}

/**
 * @returns A mask of the whole photo, as fine as the region's own mask inside it. Outside it is empty but for a rim that
 * carries the edge on: smoothing must find the same on both sides of it, or it would fade a subject that is cut off there.
 */
export function maskOfWhole(mask: Mask, region: RegionBox | null, photo: RgbImage): Mask {
  if (region === null) return mask;
  const width = wholeSide(mask.width, region.width, photo.width);
  const height = wholeSide(mask.height, region.height, photo.height);
  const data = new Float32Array(width * height);
  const [perX, perY] = [photo.width / width, photo.height / height];
  for (let y = 0; y < height; y++) {
    const fromY = Math.floor((((y + 0.5) * perY - region.top) * mask.height) / region.height);
    if (fromY < -RIM || fromY >= mask.height + RIM) continue;
    for (let x = 0; x < width; x++) {
      const fromX = Math.floor((((x + 0.5) * perX - region.left) * mask.width) / region.width);
      if (fromX < -RIM || fromX >= mask.width + RIM) continue;
      const nearest = within(fromY, mask.height) * mask.width + within(fromX, mask.width);
      data[y * width + x] = mask.data[nearest] as number;
    }
  }
  return { width, height, data };
}

/** Removes what the smoothing of the mask's edge put outside the region. */
export function clearOutside({ width, height, data }: Alpha, region: RegionBox | null): void {
  if (region === null) return;
  const { left, top } = region;
  const [right, bottom] = [left + region.width, top + region.height];
  data.fill(0, 0, top * width);
  data.fill(0, bottom * width, width * height);
  for (let y = top; y < bottom; y++) {
    data.fill(0, y * width, y * width + left);
    data.fill(0, y * width + right, (y + 1) * width);
  }
}

function within(index: number, length: number): number {
  return Math.max(0, Math.min(index, length - 1));
}

function wholeSide(mask: number, region: number, photo: number): number {
  return Math.max(1, Math.min(Math.round((mask * photo) / region), LONGEST_MASK_PX, photo));
}
