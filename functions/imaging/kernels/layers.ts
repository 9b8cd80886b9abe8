interface Over {
  /** pixels x 3. */
  readonly rgb: Uint8Array;
  /** pixels, 0..255. */
  readonly alpha: Uint8Array;
  /** Darkness of the shadow between both, pixels, 0..255; null for none. */
  readonly shade: Uint8Array | null;
  /** What the deepest shadow takes away, 0..1. */
  readonly opacity: number;
}

/** Lays a shadow and then the subject over what is in `target` already. @param target Uint8Array of pixels x 3. */
export function overBackdropInto(target: Uint8Array, { rgb, alpha, shade, opacity }: Over): void {
  for (let pixel = 0, i = 0; pixel < alpha.length; pixel++, i += 3) {
    const front = (alpha[pixel] as number) / 255;
    const light = shade === null ? 1 : 1 - ((shade[pixel] as number) / 255) * opacity;
    for (let channel = i; channel < i + 3; channel++) {
      const back = (target[channel] as number) * light;
      target[channel] = (back + ((rgb[channel] as number) - back) * front + 0.5) | 0;
    }
  }
}

/** Lays a black shadow under a cutout on nothing. @param target RGBA with straight alpha, pixels x 4. */
export function shadeUnderInto(target: Uint8Array, shade: Uint8Array, opacity: number): void {
  for (let pixel = 0, i = 0; pixel < shade.length; pixel++, i += 4) {
    const under = ((shade[pixel] as number) / 255) * opacity;
    if (under === 0) continue;
    const front = (target[i + 3] as number) / 255;
    const both = front + under * (1 - front);
    for (let channel = i; channel < i + 3; channel++) {
      target[channel] = ((target[channel] as number) * (front / both) + 0.5) | 0;
    }
    target[i + 3] = (both * 255 + 0.5) | 0;
  }
}
