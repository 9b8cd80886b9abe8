/**
 * Writes RGBA with straight alpha. Invisible pixels become black: a constant packs into far fewer bytes, and nothing of
 * the background stays in the file.
 *
 * @param target Uint8Array of pixels x 4. @param rgb pixels x 3. @param alpha pixels, 0..255.
 */
export function cutInto(target: Uint8Array, rgb: Uint8Array, alpha: Uint8Array): void {
  // One 32-bit store a pixel instead of four byte stores; every platform Node runs on is little-endian.
  const pixels = new Uint32Array(target.buffer, target.byteOffset, alpha.length);
  for (let pixel = 0, from = 0; pixel < alpha.length; pixel++, from += 3) {
    const opacity = alpha[pixel] as number;
    pixels[pixel] =
      opacity === 0
        ? 0
        : (rgb[from] as number) |
          ((rgb[from + 1] as number) << 8) |
          ((rgb[from + 2] as number) << 16) |
          (opacity << 24);
  }
}

/**
 * Makes invisible pixels black, as {@link cutInto} does, where they lie.
 *
 * @param rgb pixels x 3. @param alpha pixels, 0..255.
 */
export function blackenInvisible(rgb: Uint8Array, alpha: Uint8Array): void {
  for (let start = alpha.indexOf(0); start !== -1; ) {
    let end = start + 1;
    while (alpha[end] === 0) end++;
    rgb.fill(0, start * 3, end * 3);
    start = alpha.indexOf(0, end);
  }
}

interface Layers {
  /** pixels x 3. */
  readonly rgb: Uint8Array;
  /** pixels, 0..255. */
  readonly alpha: Uint8Array;
  /** 0..255 a channel. */
  readonly colour: { readonly r: number; readonly g: number; readonly b: number };
}

/** Lays the subject over one colour, in sRGB values as browsers blend. @param target Uint8Array of pixels x 3. */
export function overColourInto(target: Uint8Array, { rgb, alpha, colour }: Layers): void {
  for (let pixel = 0, i = 0; pixel < alpha.length; pixel++, i += 3) {
    const opacity = (alpha[pixel] as number) / 255;
    target[i] = mix(rgb[i] as number, colour.r, opacity);
    target[i + 1] = mix(rgb[i + 1] as number, colour.g, opacity);
    target[i + 2] = mix(rgb[i + 2] as number, colour.b, opacity);
  }
}

function mix(front: number, back: number, opacity: number): number {
  return (back + (front - back) * opacity + 0.5) | 0;
}
