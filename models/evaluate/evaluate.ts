import { join } from 'node:path';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Mask, RgbImage } from '#functions/imaging/raster.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import type { PackedModel } from '../pack.ts';
import { type EvaluationSet, readPhoto, readTruth } from './evaluation-sets.ts';
import { boundaryError } from './metrics/boundary-error.ts';
import { type Curve, maxF, precisionRecall } from './metrics/max-f.ts';
import { iou, mae } from './metrics/overlap.ts';
import { sMeasure } from './metrics/s-measure.ts';
import { ssim } from './metrics/ssim.ts';

/** A model's quality on one set. The last two compare with the parent's masks instead of the truth. */
export interface Quality {
  readonly mae: number;
  readonly maxF: number;
  readonly sMeasure: number;
  readonly iou: number;
  /** Mean distance of outlines in px of the photo. */
  readonly boundaryPx: number;
  readonly ssim: number;
  readonly parentSsim: number;
  readonly parentMae: number;
}

/** Per set, per model in the order given. */
export type Evaluation = ReadonlyMap<string, readonly Quality[]>;

/**
 * Evaluates models on sets, the same photos for all, with the workers' own decoding and network code. Masks are compared
 * at the photo's size, raw: no refinement, no stretching.
 *
 * @param models The first is the parent that the others are compared with.
 */
export async function evaluate(
  models: readonly PackedModel[],
  sets: readonly EvaluationSet[],
  onPhoto: (done: number, total: number) => void = () => {},
): Promise<Evaluation> {
  const segmenters = await Promise.all(
    models.map(({ folder, manifest }) => Segmenter.open(join(folder, 'model.onnx'), manifest, { threads: 2 })),
  );
  const total = sets.reduce((sum, set) => sum + set.pairs.length, 0);
  const results = new Map<string, Quality[]>();
  let done = 0;
  for (const { name, pairs } of sets) {
    const tallies = models.map(() => new Tally());
    for (const { photo, truth } of pairs) {
      const [image, trueMask] = [await readPhoto(photo), await readTruth(truth)];
      const masks: Mask[] = [];
      for (const segmenter of segmenters) masks.push(await maskAtPhotoSize(segmenter, image));
      for (const [index, mask] of masks.entries()) tallies[index]?.add(mask, trueMask, masks[0] ?? mask);
      onPhoto(++done, total);
    }
    results.set(
      name,
      tallies.map((tally) => tally.quality()),
    );
  }
  return results;
}

/** A network's raw mask, bilinearly scaled to the photo. */
export async function maskAtPhotoSize(segmenter: Segmenter, image: RgbImage): Promise<Mask> {
  const { width, height } = image;
  const levels = new Uint8Array(width * height);
  upscaleInto(levels, await segmenter.segment(image), { width, height });
  return { width, height, data: Float32Array.from(levels, (level) => level / 255) };
}

/** Sums up one model's masks over a set. */
class Tally {
  readonly #sums = { mae: 0, sMeasure: 0, iou: 0, boundaryPx: 0, ssim: 0, parentSsim: 0, parentMae: 0 };
  readonly #curves: Curve[] = [];

  add(mask: Mask, truth: Mask, parent: Mask): void {
    const sums = this.#sums;
    sums.mae += mae(mask, truth);
    sums.sMeasure += sMeasure(mask, truth);
    sums.iou += iou(mask, truth);
    sums.boundaryPx += boundaryError(mask, truth);
    sums.ssim += ssim(mask, truth);
    sums.parentSsim += mask === parent ? 1 : ssim(mask, parent);
    sums.parentMae += mae(mask, parent);
    this.#curves.push(precisionRecall(mask, truth));
  }

  quality(): Quality {
    const count = this.#curves.length;
    const { mae, sMeasure, iou, boundaryPx, ssim, parentSsim, parentMae } = this.#sums;
    return {
      mae: mae / count,
      maxF: maxF(this.#curves),
      sMeasure: sMeasure / count,
      iou: iou / count,
      boundaryPx: boundaryPx / count,
      ssim: ssim / count,
      parentSsim: parentSsim / count,
      parentMae: parentMae / count,
    };
  }
}
