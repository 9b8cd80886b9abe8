import { sharp } from '#functions/imaging/codec.ts';
import type { RgbImage } from '#functions/imaging/raster.ts';
import type { Random } from '../../math/random.ts';

const SPREAD = { gain: 0.15, tint: 0.06, contrast: 0.2, saturation: 0.3 };
const GREY_SHARE = 0.04;
const JPEG_SHARE = 0.3;

/** Changes exposure, white balance, contrast and saturation a little, as another camera or shop would. */
export function recoloured({ width, height, data }: RgbImage, random: Random): RgbImage {
  const around = (spread: number): number => 1 + spread * (2 * random.uniform() - 1);
  const gain = around(SPREAD.gain);
  const tints = [around(SPREAD.tint), around(SPREAD.tint), around(SPREAD.tint)];
  const contrast = around(SPREAD.contrast);
  const saturation = random.uniform() < GREY_SHARE ? 0 : around(SPREAD.saturation);
  const result = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i] as number, data[i + 1] as number, data[i + 2] as number];
    const grey = 0.299 * r + 0.587 * g + 0.114 * b;
    for (let channel = 0; channel < 3; channel++) {
      const value = grey + saturation * ((data[i + channel] as number) - grey);
      const lit = (value * contrast + 128 * (1 - contrast)) * gain * (tints[channel] as number);
      result[i + channel] = lit < 0 ? 0 : lit > 255 ? 255 : lit + 0.5;
    }
  }
  return { width, height, data: result };
}

/** Sometimes writes and reads the photo as a JPEG of quality 40 to 90. */
export async function recompressed(image: RgbImage, random: Random): Promise<RgbImage> {
  if (random.uniform() >= JPEG_SHARE) return image;
  const { width, height } = image;
  const quality = 40 + random.integer(51);
  const jpeg = await sharp(image.data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
  return { width, height, data: await sharp(jpeg).raw().toBuffer() };
}
