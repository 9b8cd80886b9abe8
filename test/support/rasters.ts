import type { Mask, RgbImage } from '#functions/imaging/raster.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** Random numbers 0..1 that are the same on every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws a mask in source: `.` is background, `#` subject, a digit that many tenths. */
export function drawMask(...rows: readonly string[]): Mask {
  const width = rows[0]?.length ?? 0;
  const values = rows.flatMap((row) =>
    [...row].map((mark) => (mark === '#' ? 1 : mark === '.' ? 0 : Number(mark) / 10)),
  );
  if (values.length !== width * rows.length || values.some(Number.isNaN)) {
    throw new Error('Expected rows of ".", "#" and digits, all of one length, for a drawn mask');
  }
  return { width, height: rows.length, data: Float32Array.from(values) };
}

/** Draws a photo in source: each mark stands for a colour of the palette. */
export function drawPhoto(palette: Readonly<Record<string, Colour>>, ...rows: readonly string[]): RgbImage {
  const pixels = rows.flatMap((row) => [...row].map((mark) => palette[mark] ?? [Number.NaN, 0, 0]));
  if (pixels.some(([red]) => Number.isNaN(red))) throw new Error('Expected only marks of the palette in a drawn photo');
  return { width: rows[0]?.length ?? 0, height: rows.length, data: Uint8Array.from(pixels.flat()) };
}

/** A photo whose every pixel follows from its place. */
export function paint(width: number, height: number, colourAt: (x: number, y: number) => Colour): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  }
  return { width, height, data };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A dark red box on white: what the tiny network of these tests finds. */
export function boxOnWhite(size: { readonly width: number; readonly height: number }, box: Box): RgbImage {
  const isInside = (x: number, y: number) =>
    x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
  return paint(size.width, size.height, (x, y) => (isInside(x, y) ? [120, 30, 40] : [255, 255, 255]));
}

/** One pixel's values. */
export function pixelAt(
  raster: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  x: number,
  y: number,
): number[] {
  const channels = raster.data.length / (raster.width * raster.height);
  return Array.from(
    { length: channels },
    (_, channel) => raster.data[(y * raster.width + x) * channels + channel] ?? Number.NaN,
  );
}
