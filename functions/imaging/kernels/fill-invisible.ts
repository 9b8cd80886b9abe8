interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  /** Straight alpha. */
  readonly data: Uint8Array;
}

/** JPEG decides on the colours of so many pixels at once. */
const BLOCK_PX = 8;

/**
 * Splits a cutout into colours and opacity. Inside each block of a JPEG, pixels that nobody sees take on the mean of those
 * that are seen there, so that the black of the invisible does not shine through the edge once the colours are compressed.
 *
 * @returns RGB and opacity, `[height, width]` each. Cost: 2 passes.
 */
export function fillInvisible({ width, height, data }: RgbaPixels): { rgb: Uint8Array; alpha: Uint8Array } {
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  for (let top = 0; top < height; top += BLOCK_PX) {
    const bottom = Math.min(top + BLOCK_PX, height);
    for (let left = 0; left < width; left += BLOCK_PX) {
      const right = Math.min(left + BLOCK_PX, width);
      let [red, green, blue, weight] = [0, 0, 0, 0];
      for (let y = top; y < bottom; y++) {
        for (let i = y * width + left; i < y * width + right; i++) {
          const opacity = data[i * 4 + 3] as number;
          red += (data[i * 4] as number) * opacity;
          green += (data[i * 4 + 1] as number) * opacity;
          blue += (data[i * 4 + 2] as number) * opacity;
          weight += opacity;
        }
      }
      if (weight === 0) continue;
      const mean = [red / weight, green / weight, blue / weight] as const;
      for (let y = top; y < bottom; y++) {
        for (let i = y * width + left; i < y * width + right; i++) {
          const opacity = data[i * 4 + 3] as number;
          alpha[i] = opacity;
          for (let c = 0; c < 3; c++) {
            rgb[i * 3 + c] = opacity === 0 ? Math.round(mean[c] as number) : (data[i * 4 + c] as number);
          }
        }
      }
    }
  }
  return { rgb, alpha };
}
