import { planarInto } from '#functions/imaging/kernels/planar.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { type Random, seededRandom } from '../../math/random.ts';
import type { InputForm } from '../../photos.ts';
import { blurredPhoto, drawStudio, isSureMask, withBackdrop } from './backdrop.ts';
import { edgeEmphasis } from './emphasis.ts';
import { drawFraming, frame, WHOLE_PHOTO } from './framing.ts';
import type { MaskSource } from './parent-masks.ts';
import { recoloured, recompressed } from './recolour.ts';

export interface SampleOptions {
  readonly photos: readonly string[];
  readonly source: MaskSource;
  /** What the student is fed. */
  readonly form: InputForm;
  /** Photos a step. */
  readonly batch: number;
  readonly seed: number;
  /**
   * Whether photos are framed, recoloured, recompressed and put before other backgrounds. Without, they are only mirrored, and the mask
   * is what the teacher makes of just what the student sees. @default true
   */
  readonly isVaried?: boolean;
  /** Share of the photos whose background is replaced. @default 0.35 */
  readonly backdropShare?: number;
  /** How much more the pixels at edges count. @default 4 */
  readonly edgeWeight?: number;
}

/** A photo as the student is fed it, with what it should make of it. */
export interface DrawnSample {
  readonly photo: Float32Array;
  readonly target: Float32Array;
  readonly emphasis: Float32Array;
}

/**
 * Draws training samples: every photo once a round in a new order, each framed, recoloured, recompressed and put before other
 * backgrounds at random. The same step and index always draw the same sample.
 */
export function sampleDrawer(options: SampleOptions): (at: { step: number; index: number }) => Promise<DrawnSample> {
  const { photos, source, form, batch, seed, isVaried = true, backdropShare = 0.35, edgeWeight = 4 } = options;
  const fileAt = roundRobin(photos, seed);
  return async ({ step, index }) => {
    const position = (step - 1) * batch + index;
    const random = seededRandom(seed * 1_000_003 + position);
    const photo = await source.read(fileAt(position));
    if (!isVaried) {
      const isMirrored = random.uniform() < 0.5;
      return tensors(await frame(photo, { ...WHOLE_PHOTO, isMirrored }, form), form, edgeWeight);
    }
    const framed = await frame(photo, drawFraming(random), form);
    const before =
      random.uniform() < backdropShare && isSureMask(framed.mask)
        ? await beforeOther(framed, {
            other: async () => (await source.read(fileAt(position + 1))).image,
            form,
            random,
          })
        : framed.image;
    const image = await recompressed(recoloured(before, random), random);
    return tensors({ image, mask: framed.mask }, form, edgeWeight);
  };
}

/** Turns a photo and its mask, both at the network's size, into tensors. */
export function tensors(
  { image, mask }: { image: RgbImage; mask: Alpha },
  form: InputForm,
  edgeWeight: number,
): DrawnSample {
  const photo = new Float32Array(image.data.length);
  planarInto(photo, image.data, form);
  const target = Float32Array.from(mask.data, (value) => value / 255);
  return { photo, ...targetOf(target, form, edgeWeight) };
}

/** A mask `[height, width]`, 0..1, as what is to be learned. */
export function targetOf(target: Float32Array, form: InputForm, edgeWeight: number): Omit<DrawnSample, 'photo'> {
  return { target, emphasis: edgeEmphasis(target, form, edgeWeight) };
}

async function beforeOther(
  framed: { image: RgbImage; mask: Alpha },
  { other, form, random }: { other: () => Promise<RgbImage>; form: InputForm; random: Random },
): Promise<RgbImage> {
  const isStudio = random.uniform() < 0.6;
  const backdrop = isStudio ? drawStudio(form, random) : await blurredPhoto(await other(), form, random);
  return withBackdrop(framed, backdrop, random);
}

/** Which photo has a position: round after round, each in its own order. */
function roundRobin(photos: readonly string[], seed: number): (position: number) => string {
  const orders = new Map<number, string[]>();
  return (position) => {
    const round = Math.floor(position / photos.length);
    const order = orders.get(round) ?? seededRandom(seed + round).shuffled(photos);
    if (!orders.has(round)) {
      orders.delete(round - 2);
      orders.set(round, order);
    }
    return order[position % photos.length] ?? '';
  };
}
