import { sharp } from '#functions/imaging/codec.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import type { Random } from '../../math/random.ts';
import type { InputSize } from '../../onnx/resize-input.ts';
import type { LabelledPhoto } from './parent-masks.ts';

/** What part of a photo is shown to the network, as shares of its width and height, and whether mirrored. */
export interface Framing {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly isMirrored: boolean;
}

export const WHOLE_PHOTO: Framing = Object.freeze({ left: 0, top: 0, width: 1, height: 1, isMirrored: false });

/** How often the whole photo is shown, which is what the network will get when it is used. */
const WHOLE_SHARE = 0.4;
const SMALLEST_SIDE = 0.6;

/** Draws a framing: the whole photo or a part of 60 % to 100 % of each side, mirrored half of the time. */
export function drawFraming(random: Random): Framing {
  const isMirrored = random.uniform() < 0.5;
  if (random.uniform() < WHOLE_SHARE) return { ...WHOLE_PHOTO, isMirrored };
  const side = SMALLEST_SIDE + (1 - SMALLEST_SIDE) * random.uniform();
  // Both sides shrink together, but for some stretching.
  const width = Math.min(1, side * (0.9 + 0.2 * random.uniform()));
  const height = Math.min(1, side * (0.9 + 0.2 * random.uniform()));
  return {
    left: (1 - width) * random.uniform(),
    top: (1 - height) * random.uniform(),
    width,
    height,
    isMirrored,
  };
}

/** Cuts photo and mask alike and squeezes both to the network's size. */
export async function frame(
  { image, mask }: LabelledPhoto,
  framing: Framing,
  size: InputSize,
): Promise<{ image: RgbImage; mask: Alpha }> {
  const [rgb, grey] = await Promise.all([cut(image, 3, { framing, size }), cut(mask, 1, { framing, size })]);
  return { image: { ...size, data: rgb }, mask: { ...size, data: grey } };
}

async function cut(
  { width, height, data }: RgbImage | Alpha,
  channels: 1 | 3,
  { framing, size }: { framing: Framing; size: InputSize },
): Promise<Uint8Array> {
  const within = (share: number, whole: number): number => Math.min(whole - 1, Math.round(share * whole));
  const [left, top] = [within(framing.left, width), within(framing.top, height)];
  const part = sharp(data, { raw: { width, height, channels } })
    .extract({
      left,
      top,
      width: Math.max(1, Math.min(width - left, Math.round(framing.width * width))),
      height: Math.max(1, Math.min(height - top, Math.round(framing.height * height))),
    })
    .resize(size.width, size.height, { fit: 'fill', kernel: 'lanczos3' });
  const turned = framing.isMirrored ? part.flop() : part;
  return channels === 1 ? await turned.extractChannel(0).raw().toBuffer() : await turned.raw().toBuffer();
}
