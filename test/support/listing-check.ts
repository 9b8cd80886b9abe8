import sharp from 'sharp';

/** What an independent look at a finished file finds: written apart from the product's own checks, and in another way. */
export interface ListingFacts {
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Largest distance from white at least `distancePx` away from everything that is clearly not white. */
  readonly dirt: number;
  /** Longest-axis share of the frame that the box of everything clearly not white covers, 0..1. */
  readonly fill: number;
  /** Whether something that is clearly not white reaches the frame. */
  readonly touchesFrame: boolean;
}

/** Clearly not white: at least so far from it in some channel. */
const CLEARLY = 40;

/** Decodes a file with sharp alone and measures it against white. */
export async function lookAtListing(bytes: Uint8Array, distancePx: number): Promise<ListingFacts> {
  const { data, info } = await sharp(bytes, { ignoreIcc: true })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const { format } = await sharp(bytes).metadata();
  const distance = Array.from({ length: width * height }, (_, i) => 255 - Math.min(...data.subarray(i * 3, i * 3 + 3)));
  const columns = Array.from({ length: width }, (_, x) => x).filter((x) =>
    Array.from({ length: height }, (_, y) => distance[y * width + x] ?? 0).some((value) => value >= CLEARLY),
  );
  const rows = Array.from({ length: height }, (_, y) => y).filter((y) =>
    distance.slice(y * width, (y + 1) * width).some((value) => value >= CLEARLY),
  );
  const [left = 0, right = -1, top = 0, bottom = -1] = [columns[0], columns.at(-1), rows[0], rows.at(-1)];
  // A count of subject pixels in every rectangle, so that a neighbourhood is one look.
  const sums = new Int32Array((width + 1) * (height + 1));
  const sum = (x: number, y: number) => sums[y * (width + 1) + x] ?? 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = (distance[y * width + x] ?? 0) >= CLEARLY ? 1 : 0;
      sums[(y + 1) * (width + 1) + x + 1] = here + sum(x, y + 1) + sum(x + 1, y) - sum(x, y);
    }
  }
  const clip = (value: number, most: number) => Math.max(0, Math.min(most, value));
  let dirt = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [x0, x1] = [clip(x - distancePx, width), clip(x + distancePx + 1, width)];
      const [y0, y1] = [clip(y - distancePx, height), clip(y + distancePx + 1, height)];
      const near = sum(x1, y1) - sum(x0, y1) - sum(x1, y0) + sum(x0, y0);
      if (near === 0) dirt = Math.max(dirt, distance[y * width + x] ?? 0);
    }
  }
  return {
    width,
    height,
    format: format ?? 'none',
    dirt,
    fill: Math.max((right - left + 1) / width, (bottom - top + 1) / height),
    touchesFrame: left === 0 || top === 0 || right === width - 1 || bottom === height - 1,
  };
}
