import { ConfidenceModel, FEATURES, type FeatureName } from '#functions/contract/confidence.ts';
import { clearFeature } from '#functions/imaging/confidence.ts';
import { PruneError } from '../channels/errors.ts';
import { type Example, GOOD_IOU } from './examples.ts';
import { FIT_DEFAULTS, fitLogistic } from './fit-logistic.ts';

/** Fewer of either kind say nothing. */
const FEWEST = 10;

/**
 * Fits the confidence of a network's cutouts on photos that nobody reports on.
 *
 * @param made What to write down beside the numbers. @throws {PruneError} `no_photos` when too few are good, or bad.
 */
export function calibrate(examples: readonly Example[], made: Readonly<Record<string, unknown>>): ConfidenceModel {
  const isGood = examples.map(({ iou }) => iou >= GOOD_IOU);
  const good = isGood.filter(Boolean).length;
  if (Math.min(good, examples.length - good) < FEWEST) {
    throw new PruneError(
      'no_photos',
      `Expected at least ${FEWEST} good and ${FEWEST} bad cutouts to learn from, got ${good} and ${examples.length - good}: take more photos or a better parent`,
    );
  }
  const spreads = FEATURES.map((name) => spreadOf(examples.map(({ features }) => features[name])));
  const inputs = examples.map(({ features }) =>
    FEATURES.map((name, i) => clearFeature(features[name], spreads[i] ?? { mean: 0, deviation: 1 })),
  );
  const { bias, weights } = fitLogistic(inputs, isGood);
  const features = Object.fromEntries(
    FEATURES.map((name: FeatureName, i) => {
      const { mean = 0, deviation = 1 } = spreads[i] ?? {};
      return [name, { mean: round(mean), deviation: round(deviation), weight: round(weights[i] ?? 0) }];
    }),
  );
  return ConfidenceModel.parse({
    bias: round(bias),
    features,
    made: { ...made, goodFromIou: GOOD_IOU, photos: examples.length, good, ridge: FIT_DEFAULTS.ridge },
  });
}

function spreadOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.max(Math.sqrt(variance), 1e-4) };
}

/** To six digits: what a double has beyond them is noise of the summation. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}
