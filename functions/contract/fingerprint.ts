import { createHash } from 'node:crypto';
import { hashOf, type Preset } from './preset.ts';
import type { UnknownPreset } from './preset-choice.ts';
import type { Judging } from './record.ts';

/** Raised whenever the same photo, preset and model give other pixels than before, so that results are made anew. */
export const PIPELINE_VERSION = 4;

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
