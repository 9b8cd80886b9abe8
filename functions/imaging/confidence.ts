import { ConfidenceModel, FEATURES, type FeatureName, type Features } from '../contract/confidence.ts';
import fitted from './confidence.json' with { type: 'json' };

/** For networks that bring no calibration of their own. */
export const FITTED_CONFIDENCE: ConfidenceModel = ConfidenceModel.parse(fitted);

/** Beyond so many deviations a feature says no more: one odd number must not decide alone. */
const FURTHEST = 3;

/** @returns A feature in deviations from its mean, -3..3. */
export function clearFeature(
  value: number,
  { mean, deviation }: { readonly mean: number; readonly deviation: number },
): number {
  return Math.max(-FURTHEST, Math.min(FURTHEST, (value - mean) / deviation));
}

export interface Judged {
  /** How likely the cutout is right, 0..1. */
  readonly confidence: number;
  /** What speaks against it most, first; what speaks for it is left out. */
  readonly against: readonly FeatureName[];
}

/** Turns what was measured of a cutout into how likely it is right. */
export function confidenceOf(features: Features, { bias, features: parts }: ConfidenceModel): Judged {
  const votes = FEATURES.map((name) => {
    const part = parts[name];
    return { name, vote: part === undefined ? 0 : part.weight * clearFeature(features[name], part) };
  });
  const sum = votes.reduce((total, { vote }) => total + vote, bias);
  const against = votes.filter(({ vote }) => vote < 0).sort((a, b) => a.vote - b.vote);
  return { confidence: 1 / (1 + Math.exp(-sum)), against: against.map(({ name }) => name) };
}
