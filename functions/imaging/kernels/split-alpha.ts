import type { Alpha, Raster, RgbImage } from '../raster.ts';

/** Parts an RGBA raster `[height, width, 4]` into its colours and its opacity. Cost: one pass. */
export function splitAlpha(raster: Raster & { readonly channels: 4 }): { image: RgbImage; alpha: Alpha } {
  const { width, height, data } = raster;
  const pixels = width * height;
  const rgb = new Uint8Array(pixels * 3);
  const opacity = new Uint8Array(pixels);
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += 4, to += 3) {
    rgb[to] = data[from] as number;
    rgb[to + 1] = data[from + 1] as number;
    rgb[to + 2] = data[from + 2] as number;
    opacity[pixel] = data[from + 3] as number;
  }
  return { image: { width, height, data: rgb }, alpha: { width, height, data: opacity } };
}
