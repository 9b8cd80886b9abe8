import { sharp } from './codec.ts';
import { cutInto } from './kernels/alpha-blend.ts';
import { splitAlpha } from './kernels/split-alpha.ts';
import type { Alpha, RgbImage } from './raster.ts';
import type { Workspace } from './workspace.ts';

interface Cut {
  readonly image: RgbImage;
  readonly alpha: Alpha;
}

interface ShrinkOptions {
  /** Width x height. */
  readonly maxPixels: number;
  readonly workspace: Workspace;
}

/**
 * Makes a photo and its opacity smaller, in their own ratio, where they have more pixels than wanted. Colours are weighed
 * by their opacity, so that none of the background gets into a smaller edge; where nothing is seen they become black.
 *
 * @returns What it got where that is small enough. Cost: 0.1 s at 12 MP.
 */
export async function shrink(cut: Cut, { maxPixels, workspace }: ShrinkOptions): Promise<Cut> {
  const { width, height } = cut.image;
  const ratio = Math.sqrt(maxPixels / (width * height));
  if (ratio >= 1) return cut;
  const pixels = workspace.take('pixels', width * height * 4);
  cutInto(pixels, cut.image.data, cut.alpha.data);
  const size = { width: Math.max(1, Math.floor(width * ratio)), height: Math.max(1, Math.floor(height * ratio)) };
  const data = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .resize({ ...size, fit: 'fill' })
    .raw()
    .toBuffer();
  return splitAlpha({ ...size, channels: 4, data });
}
