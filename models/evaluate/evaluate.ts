import type { Alpha, Mask } from '#functions/imaging/raster.ts';
import { PruneError } from '../channels/errors.ts';
import type { PackedModel } from '../pack.ts';
import { type EvaluationSet, type Pair, readTruth } from './evaluation-sets.ts';
import { boundaryError } from './metrics/boundary-error.ts';
import { type Curve, maxF, precisionRecall } from './metrics/max-f.ts';
import { iou, mae } from './metrics/overlap.ts';
import { sMeasure } from './metrics/s-measure.ts';
import { ssim } from './metrics/ssim.ts';
import { type Masks, segmentSets } from './segment-sets.ts';

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

/** A model's quality by set. */
export type Qualities = Readonly<Record<string, Quality>>;

/**
 * Evaluates models on sets, the same photos for all.
 *
 * @param models The first is the parent that the others are compared with. @returns One entry a model, in their order.
 */
export async function evaluate(
  models: readonly PackedModel[],
  sets: readonly EvaluationSet[],
  onPhoto: (model: PackedModel) => void = () => {},
): Promise<Qualities[]> {
  const results: Qualities[] = [];
  let parent: Masks | undefined;
  for (const model of models) {
    const masks = await segmentSets(model, sets, () => onPhoto(model));
    parent ??= masks;
    results.push(await judge(sets, masks, parent));
  }
  return results;
}

/** Compares masks with the truth and with the parent's masks. */
export async function judge(sets: readonly EvaluationSet[], masks: Masks, parent: Masks): Promise<Qualities> {
  const results: Record<string, Quality> = {};
  for (const { name, pairs } of sets) {
    const tally = new Tally();
    for (const pair of pairs) {
      const mask = maskOf(masks, pair);
      const truth = await readTruth(pair.truth);
      assertSameSize(mask, truth, pair);
      tally.add(mask, truth, masks === parent ? mask : maskOf(parent, pair));
    }
    results[name] = tally.quality();
  }
  return results;
}

function maskOf(masks: Masks, { photo }: Pair): Mask {
  const { width, height, data }: Alpha = masks.get(photo) ?? { width: 0, height: 0, data: new Uint8Array() };
  return { width, height, data: Float32Array.from(data, (level) => level / 255) };
}

function assertSameSize(mask: Mask, truth: Mask, { photo, truth: file }: Pair): void {
  if (mask.width === truth.width && mask.height === truth.height) return;
  throw new PruneError(
    'no_photos',
    `Expected a mask of ${mask.width}x${mask.height} for ${photo}, got ${truth.width}x${truth.height} in ${file}`,
  );
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
