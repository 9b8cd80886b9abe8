import type { Escalation } from '../contract/record.ts';
import { type Assessment, assess, type Thresholds } from './assess.ts';
import type { StageRunner } from './cutout.ts';
import { upscaleInto } from './kernels/bilinear.ts';
import { shrinkMask } from './kernels/shrink-mask.ts';
import type { Place } from './measure-mask.ts';
import type { Mask, RgbImage } from './raster.ts';
import type { Network } from './segment.ts';

/** A mask with what is to be thought of it. */
export interface Judged {
  readonly mask: Mask;
  readonly assessment: Assessment;
  /** The network whose mask it is. */
  readonly model: { readonly id: string; readonly sha256: string };
  /** What two networks said, where the first one's mask was in doubt and there is a second. */
  readonly escalation?: Escalation;
}

export interface JudgeOptions {
  readonly segmenter: Network;
  /** A bigger network for what is in doubt. @default none */
  readonly escalation?: Network | null;
  readonly thresholds?: Partial<Thresholds>;
  /** The part of the photo that is looked at. */
  readonly place: Place;
  readonly stage: StageRunner;
}

/** Below this overlap two networks see different things. */
const AGREEMENT = 0.75;
/** Masks are compared at so many px a side. */
const GRID = 256;

/**
 * Finds the subject and judges the mask. Where it is in doubt and there is a second network, that one looks, too, and the
 * mask with the higher confidence stays, the second one's where both are alike.
 */
export async function segmentAndJudge(photo: RgbImage, options: JudgeOptions): Promise<Judged> {
  const { segmenter, escalation, stage } = options;
  const first = await look(photo, segmenter, { ...options, name: 'segment' });
  if (escalation === null || escalation === undefined || first.assessment.verdict === 'ok') return first;
  const second = await look(photo, escalation, { ...options, name: 'escalate' });
  return await stage('assess', () => better(first, second));
}

async function look(
  photo: RgbImage,
  network: Network,
  { name, stage, place, thresholds = {} }: JudgeOptions & { readonly name: 'segment' | 'escalate' },
): Promise<Judged> {
  const { id, sha256, confidence } = network.manifest;
  const mask = await stage(name, () => network.segment(photo));
  const calibration = confidence === undefined ? {} : { confidence };
  const assessment = await stage('assess', () => assess(mask, photo, { ...calibration, ...thresholds, place }));
  return { mask, assessment, model: { id, sha256 } };
}

function better(first: Judged, second: Judged): Judged {
  const kept = second.assessment.confidence >= first.assessment.confidence ? second : first;
  const agreement = overlap(first.mask, second.mask);
  const escalation: Escalation = {
    first: opinion(first),
    second: opinion(second),
    kept: kept === second ? 'second' : 'first',
    agreement: Math.round(agreement * 1e4) / 1e4,
  };
  const { reasons, verdict } = kept.assessment;
  const isDisputed = agreement < AGREEMENT && verdict !== 'ok';
  const assessment = isDisputed
    ? { ...kept.assessment, reasons: [...reasons, 'models_disagree' as const] }
    : kept.assessment;
  return { ...kept, assessment, escalation };
}

function opinion({ model, assessment: { confidence, reasons, verdict } }: Judged): Escalation['first'] {
  return { model, confidence, reasons: [...reasons], verdict };
}

/** Intersection over union of two networks' masks, whatever their sizes; 1 where both are empty. */
function overlap(a: Mask, b: Mask): number {
  const [inA, inB] = [gridOf(a), gridOf(b)];
  let [both, either] = [0, 0];
  for (let i = 0; i < inA.length; i++) {
    const [isA, isB] = [(inA[i] as number) > 127, (inB[i] as number) > 127];
    if (isA && isB) both++;
    if (isA || isB) either++;
  }
  return either === 0 ? 1 : both / either;
}

function gridOf(mask: Mask): Uint8Array {
  const levels = new Uint8Array(GRID * GRID);
  upscaleInto(levels, shrinkMask(mask, GRID), { width: GRID, height: GRID });
  return levels;
}
