import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import type { PackedModel } from '../pack.ts';
import { type EvaluationSet, readPhoto } from './evaluation-sets.ts';

/** A model's mask of every photo at the photo's size, by the photo's path. */
export type Masks = ReadonlyMap<string, Alpha>;

/** Runs a model on every photo of the sets with the workers' own decoding and network code. Memory: a byte a photo pixel. */
export async function segmentSets(
  model: PackedModel,
  sets: readonly EvaluationSet[],
  onPhoto: () => void = () => {},
): Promise<Masks> {
  const segmenter = await Segmenter.open(join(model.folder, 'model.onnx'), model.manifest, {
    threads: availableParallelism(),
  });
  const masks = new Map<string, Alpha>();
  for (const { photo } of sets.flatMap(({ pairs }) => pairs)) {
    masks.set(photo, await maskAtPhotoSize(segmenter, await readPhoto(photo)));
    onPhoto();
  }
  return masks;
}

/** A network's raw mask, bilinearly scaled to the photo: no refinement, no stretching. */
async function maskAtPhotoSize(segmenter: Segmenter, image: RgbImage): Promise<Alpha> {
  const { width, height } = image;
  const data = new Uint8Array(width * height);
  upscaleInto(data, await segmenter.segment(image), { width, height });
  return { width, height, data };
}
