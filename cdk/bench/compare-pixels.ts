import { sharp } from '#functions/imaging/codec.ts';

/** How true a cutout is to its photo: two tools can differ in bytes because one has thrown colours away. */
export interface PixelFacts {
  /** Different colours among the opaque pixels (250 of 255 or more: a palette rounds opacity, too). */
  readonly colours: number;
  /** Mean distance of an opaque pixel's channels from the photo's, 0..255. */
  readonly colourError: number;
}

const OPAQUE = 250;

/** Compares a cutout with the photo it was made of. Cost: both decoded in memory, so meant for small photos. */
export async function comparePixels(photoFile: string, cutout: Uint8Array): Promise<PixelFacts> {
  const rgba = await sharp(cutout).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const photo = await sharp(photoFile).autoOrient().removeAlpha().raw().toBuffer({ resolveWithObject: true });
  if (rgba.info.width !== photo.info.width || rgba.info.height !== photo.info.height) {
    throw new Error(
      `Expected a cutout of the photo's size, ${photo.info.width} x ${photo.info.height}, got ${rgba.info.width} x ${rgba.info.height}`,
    );
  }
  const isSeen = new Uint8Array(1 << 24);
  let [colours, opaque, error] = [0, 0, 0];
  for (let pixel = 0; pixel < rgba.data.length / 4; pixel++) {
    if ((rgba.data[pixel * 4 + 3] ?? 0) < OPAQUE) continue;
    let colour = 0;
    for (let channel = 0; channel < 3; channel++) {
      const value = rgba.data[pixel * 4 + channel] ?? 0;
      error += Math.abs(value - (photo.data[pixel * 3 + channel] ?? 0));
      colour = colour * 256 + value;
    }
    opaque += 1;
    if (isSeen[colour] === 1) continue;
    isSeen[colour] = 1;
    colours += 1;
  }
  return { colours, colourError: opaque === 0 ? 0 : error / (opaque * 3) };
}
