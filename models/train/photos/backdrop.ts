import { sharp } from '#functions/imaging/codec.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import type { Random } from '../../math/random.ts';
import type { InputSize } from '../../onnx/resize-input.ts';

/** A subject is worth cutting out when it covers this share of the frame and few of its pixels are half there. */
const COVERAGE = { least: 0.03, most: 0.8 };
const MOST_UNSURE = 0.06;

/** Whether a mask is sure enough of itself to put its subject before another background. */
export function isSureMask({ data }: Alpha): boolean {
  let [covered, unsure] = [0, 0];
  for (const value of data) {
    covered += value;
    if (value > 40 && value < 215) unsure++;
  }
  const coverage = covered / 255 / data.length;
  return coverage > COVERAGE.least && coverage < COVERAGE.most && unsure / data.length < MOST_UNSURE;
}

/** A studio's background: a gradient between two near tones, white or light most of the time, in any direction. */
export function drawStudio({ width, height }: InputSize, random: Random): RgbImage {
  const base = random.uniform() < 0.35 ? 255 : 60 + 195 * random.uniform();
  const colour = (): number[] => {
    const tone = base * (0.8 + 0.25 * random.uniform());
    const tint = random.uniform() < 0.5 ? 0 : 50;
    return [0, 1, 2].map(() => Math.min(255, Math.max(0, tone + tint * (random.uniform() - 0.5))));
  };
  const [from, to] = [colour(), random.uniform() < 0.3 ? [base, base, base] : colour()];
  const angle = 2 * Math.PI * random.uniform();
  const [across, down] = [Math.cos(angle) / width, Math.sin(angle) / height];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const share = Math.min(1, Math.max(0, 0.5 + (x - width / 2) * across + (y - height / 2) * down));
      for (let channel = 0; channel < 3; channel++, i++) {
        data[i] = (from[channel] as number) * (1 - share) + (to[channel] as number) * share;
      }
    }
  }
  return { width, height, data };
}

/** Another photo as background, out of focus, so that its own subject is none any more. */
export async function blurredPhoto(image: RgbImage, size: InputSize, random: Random): Promise<RgbImage> {
  const sigma = 4 + 10 * random.uniform();
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill' })
    .blur(sigma)
    .raw()
    .toBuffer();
  return { ...size, data };
}

/** The subject before another background, sometimes with a soft shadow under it, which belongs to the background. */
export async function withBackdrop(
  { image, mask }: { image: RgbImage; mask: Alpha },
  backdrop: RgbImage,
  random: Random,
): Promise<RgbImage> {
  const shadow = random.uniform() < 0.5 ? await drawShadow(mask, random) : undefined;
  const data = new Uint8Array(image.data.length);
  for (let pixel = 0, i = 0; pixel < mask.data.length; pixel++) {
    const alpha = (mask.data[pixel] as number) / 255;
    const light = 1 - (shadow === undefined ? 0 : (shadow[pixel] as number) / 255);
    for (let channel = 0; channel < 3; channel++, i++) {
      data[i] = alpha * (image.data[i] as number) + (1 - alpha) * light * (backdrop.data[i] as number);
    }
  }
  return { width: image.width, height: image.height, data };
}

/** How dark the shadow is at each pixel, 0..255: the mask blurred, moved down and aside. */
async function drawShadow({ width, height, data }: Alpha, random: Random): Promise<Uint8Array> {
  const strength = 0.15 + 0.35 * random.uniform();
  const down = Math.round(height * (0.01 + 0.04 * random.uniform()));
  const aside = Math.round(width * 0.05 * (random.uniform() - 0.5));
  const moved = new Uint8Array(data.length);
  for (let y = down; y < height; y++) {
    for (let x = Math.max(0, aside); x < Math.min(width, width + aside); x++) {
      moved[y * width + x] = strength * (data[(y - down) * width + x - aside] as number);
    }
  }
  const sigma = Math.max(0.5, (0.01 + 0.03 * random.uniform()) * width);
  return await sharp(moved, { raw: { width, height, channels: 1 } })
    .blur(sigma)
    .extractChannel(0)
    .raw()
    .toBuffer();
}
