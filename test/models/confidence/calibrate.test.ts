import { expect, test } from 'vitest';
import { FEATURES, type Features } from '#functions/contract/confidence.ts';
import { confidenceOf } from '#functions/imaging/confidence.ts';
import { calibrate } from '#models/confidence/calibrate.ts';
import type { Example } from '#models/confidence/examples.ts';
import { seededRandom } from '#test/support/rasters.ts';

function featuresWith(softness: number): Features {
  const rest = Object.fromEntries(FEATURES.map((name) => [name, 0.5]));
  return { ...(rest as Features), softness };
}

/** Cutouts that are the more likely bad the softer they are. */
function examples(count: number): Example[] {
  const random = seededRandom(5);
  return Array.from({ length: count }, (_, i) => {
    const softness = random();
    return { file: `${i}.jpg`, features: featuresWith(softness), iou: random() < softness ? 0.5 : 0.95 };
  });
}

test('learns which cutouts are right, and gives their share as the confidence', () => {
  const model = calibrate(examples(4000), { model: 'tiny' });

  const sureness = [0.1, 0.5, 0.9].map((softness) => confidenceOf(featuresWith(softness), model).confidence);

  expect(sureness[0]).toBeCloseTo(0.9, 1);
  expect(sureness[1]).toBeCloseTo(0.5, 1);
  expect(sureness[2]).toBeCloseTo(0.1, 1);
});

test('names what speaks most against a cutout first', () => {
  const model = calibrate(examples(400), {});

  expect(confidenceOf(featuresWith(0.9), model).against[0]).toBe('softness');
  expect(confidenceOf(featuresWith(0.1), model).against).not.toContain('softness');
});

test('an odd value says no more than one of 3 deviations', () => {
  const model = calibrate(examples(400), {});
  const { mean = 0, deviation = 1 } = model.features.softness ?? {};

  const [far, farther] = [mean + 3 * deviation, mean + 300 * deviation].map((value) => featuresWith(value));

  expect(confidenceOf(farther as Features, model)).toEqual(confidenceOf(far as Features, model));
});

test('says how it was made, and comes out the same twice', () => {
  const [once, again] = [calibrate(examples(100), { seed: 1 }), calibrate(examples(100), { seed: 1 })];

  expect(once.made).toMatchObject({ seed: 1, photos: 100, goodFromIou: 0.9 });
  expect(again).toEqual(once);
});

test('refuses photos of one kind', () => {
  const good = examples(200).filter(({ iou }) => iou > 0.9);

  expect(() => calibrate(good, {})).toThrow('Expected at least 10 good and 10 bad cutouts');
});
