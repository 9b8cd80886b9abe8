import type { Preset } from '../contract/preset.ts';
import type { Thresholds } from './assess.ts';
import { decode, type Photo, type PhotoLimits } from './decode.ts';
import { refuseTooDoubtful } from './errors.ts';
import { giveBack } from './give-back.ts';
import { type Judged, segmentAndJudge } from './judge.ts';
import type { RgbImage } from './raster.ts';
import { refineInto } from './refine.ts';
import { clearOutside, cutToRegion, findRegion, maskOfWhole } from './region.ts';
import { type Rendition, render } from './render.ts';
import type { Network } from './segment.ts';
import type { Workspace } from './workspace.ts';

export type Stage = 'decode' | 'segment' | 'assess' | 'escalate' | 'refine' | 'compose' | 'encode' | 'verify';

/** Runs one stage. */
export type StageRunner = <T>(name: Stage, run: () => T | Promise<T>) => Promise<T>;

export interface CutOutOptions {
  readonly segmenter: Network;
  /** A bigger network for what the first leaves in doubt. @default none */
  readonly escalation?: Network | null;
  /** @default THRESHOLD_DEFAULTS */
  readonly thresholds?: Partial<Thresholds>;
  /** At least one; the first decides what all share (`existingAlpha`, `roi`, `edges`). */
  readonly presets: readonly Preset[];
  readonly limits: PhotoLimits;
  readonly workspace: Workspace;
  /** Pictures that presets name as their background, by path. @default none */
  readonly backdrops?: ReadonlyMap<string, RgbImage>;
  /** Runs one stage, so that a caller with a clock can time it. @default plain call */
  readonly stage?: StageRunner;
}

export interface Cutout extends Pick<Judged, 'assessment' | 'model' | 'escalation'> {
  readonly photo: Omit<Photo, 'image' | 'alpha'> & { readonly width: number; readonly height: number };
  /** One for each preset, in their order. */
  readonly renditions: readonly Rendition[];
}

/**
 * Flow A: cuts the background out of one photo and makes of it what each preset asks for.
 *
 * Pure but for its workspace, which serves one call at a time.
 *
 * @param bytes A whole photo file. @throws {ImagingError} when it can never succeed.
 */
export async function cutOut(bytes: Uint8Array, options: CutOutOptions): Promise<Cutout> {
  const { presets, limits, workspace, stage = runStage } = options;
  // The last photo's: at 12 megapixels 12 MB, which the network can use until this photo has one.
  workspace.giveBack('alpha');
  const { existingAlpha = 'flatten' } = presets[0] ?? {};
  const photo = await stage('decode', () => decode(bytes, { limits, existingAlpha }));
  try {
    return await cutOutDecoded(photo, options);
  } finally {
    giveBack(photo.image.data);
    if (photo.alpha !== null) giveBack(photo.alpha.data);
  }
}

const runStage: StageRunner = async (_, run) => await run();

async function cutOutDecoded(photo: Photo, options: CutOutOptions): Promise<Cutout> {
  const { presets, workspace, stage = runStage } = options;
  const { roi, edges = 'fine' } = presets[0] ?? {};
  const region = findRegion(roi, photo.image);
  const seen = await cutToRegion(photo.image, region);
  // segment > assess, and both again with the bigger network where that is in doubt.
  const { mask, ...judged } = await segmentAndJudge(seen, { ...options, place: region ?? photo.image, stage });
  refuseTooDoubtful(judged);
  const whole = maskOfWhole(mask, region, photo.image);
  const { image, alpha } = await stage('refine', () => refineInto(photo, whole, { workspace, edges }));
  clearOutside(alpha, region);
  // Each: compose > encode > verify.
  const renditions: Rendition[] = [];
  for (const preset of presets) renditions.push(await render(image, alpha, { ...options, preset, stage }));

  const { format, orientation, colourSpace } = photo;
  return {
    photo: { format, orientation, colourSpace, width: image.width, height: image.height },
    ...judged,
    renditions,
  };
}
