import type { Preset } from '../contract/preset.ts';
import { type Assessment, assess } from './assess.ts';
import { compose } from './compose.ts';
import { decode, type Photo, type PhotoLimits } from './decode.ts';
import { type EncodedFile, encode } from './encode.ts';
import { refine } from './refine.ts';
import type { Network } from './segment.ts';
import type { Workspace } from './workspace.ts';

export type Stage = 'decode' | 'segment' | 'refine' | 'compose' | 'encode';

export interface CutOutOptions {
  readonly segmenter: Network;
  readonly preset: Preset;
  readonly limits: PhotoLimits;
  readonly workspace: Workspace;
  /** Runs one stage, so that a caller with a clock can time it. @default plain call */
  readonly stage?: <T>(name: Stage, run: () => T | Promise<T>) => Promise<T>;
}

export interface Cutout {
  readonly photo: Omit<Photo, 'image' | 'alpha'> & { readonly width: number; readonly height: number };
  readonly assessment: Assessment;
  readonly file: EncodedFile;
}

/**
 * Flow A: cuts the background out of one photo.
 *
 * Pure but for its workspace, which serves one call at a time.
 *
 * @param bytes A whole photo file. @throws {ImagingError} when it can never succeed.
 */
export async function cutOut(bytes: Uint8Array, options: CutOutOptions): Promise<Cutout> {
  const { segmenter, preset, limits, workspace, stage = async (_, run) => await run() } = options;

  const photo = await stage('decode', () => decode(bytes, { limits, existingAlpha: preset.existingAlpha }));
  const mask = await stage('segment', () => segmenter.segment(photo.image));
  const alpha = await stage('refine', () => refine(mask, photo, workspace));
  const raster = await stage('compose', () => compose(photo.image, alpha, { preset, workspace }));
  const file = await stage('encode', () => encode(raster, preset));

  const { image, alpha: _, ...facts } = photo;
  return {
    photo: { ...facts, width: image.width, height: image.height },
    assessment: assess(mask, image),
    file,
  };
}
