import { createHash } from 'node:crypto';
import type { ConfidenceModel } from './confidence.ts';
import { hashOf, type Preset } from './preset.ts';
import type { UnknownPreset } from './preset-choice.ts';

/** Raised whenever the same photo, preset and model give other pixels than before, so that results are made anew. */
export const PIPELINE_VERSION = 2;

/** What decides on a verdict, and on whose mask is kept. */
export interface Judging {
  /** 0..1; below them a cutout is to be looked at, or becomes none. */
  readonly reviewBelow: number;
  readonly rejectBelow: number;
  /** How each network is calibrated; undefined where it brings nothing of its own. */
  readonly calibrations: readonly (ConfidenceModel | undefined)[];
  /** Of the network that doubtful photos go through, too; null where there is none. */
  readonly escalationSha256: string | null;
}

interface FingerprintParts {
  /** Of the photo. */
  readonly etag: string;
  readonly presets: readonly Preset[] | UnknownPreset;
  readonly modelSha256: string;
  readonly judging: Judging;
}

/** Names one piece of work: a record that carries the same fingerprint means that it is done. */
export function fingerprint({ etag, presets, modelSha256, judging }: FingerprintParts): string {
  const parts = [etag, hashOf(presets), modelSha256, hashOf(judging), PIPELINE_VERSION];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
