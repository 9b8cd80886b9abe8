import type { Features } from '#functions/contract/confidence.ts';
import { measureFeatures } from '#functions/imaging/features.ts';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Alpha, Mask, RgbImage } from '#functions/imaging/raster.ts';
import type { LabelledPhoto, MaskSource } from '../train/photos/parent-masks.ts';

/** A network's mask of one photo, measured, with how right it is. */
export interface Example {
  readonly file: string;
  readonly features: Features;
  /** Overlap with what is held to be true, at the photo's size, 0..1. */
  readonly iou: number;
}

/** From this overlap on a cutout is good. */
export const GOOD_IOU = 0.9;

export interface ExampleSources {
  /** The network's own masks. */
  readonly own: MaskSource;
  /** What they should be. */
  readonly truth: { readonly read: (file: string) => Promise<Pick<LabelledPhoto, 'mask'>> };
  readonly onPhoto?: (done: number, total: number) => void;
}

/** Measures a network's masks of photos. Cost: what masks are not in the cache, and 0.1 s a photo. */
export async function readExamples(
  files: readonly string[],
  { own, truth, onPhoto = () => {} }: ExampleSources,
): Promise<Example[]> {
  const examples: Example[] = [];
  for (const [index, file] of files.entries()) {
    const { image, mask } = await own.read(file);
    const { mask: wanted } = await truth.read(file);
    examples.push({ file, features: measureFeatures(inUnits(mask), image), iou: overlap(mask, wanted, image) });
    onPhoto(index + 1, files.length);
  }
  return examples;
}

function inUnits({ width, height, data }: Alpha): Mask {
  return { width, height, data: Float32Array.from(data, (level) => level / 255) };
}

function overlap(a: Alpha, b: Alpha, photo: RgbImage): number {
  const [inA, inB] = [a, b].map((mask) => atPhotoSize(mask, photo));
  let [both, either] = [0, 0];
  for (let i = 0; i < photo.width * photo.height; i++) {
    const [isA, isB] = [(inA?.[i] ?? 0) > 127, (inB?.[i] ?? 0) > 127];
    if (isA && isB) both++;
    if (isA || isB) either++;
  }
  return either === 0 ? 1 : both / either;
}

function atPhotoSize(mask: Alpha, { width, height }: RgbImage): Uint8Array {
  if (mask.width === width && mask.height === height) return mask.data;
  const levels = new Uint8Array(width * height);
  upscaleInto(levels, inUnits(mask), { width, height });
  return levels;
}
