import { z } from 'zod';

/** What is measured of a mask and its photo to say how likely the cutout is right. All without a unit. */
export const FEATURES = [
  /** Share of undecided pixels (0.1 to 0.9) among those that are subject or undecided. */
  'softness',
  /** What is surely subject (above 0.8) as a share of what may be (above 0.2). */
  'steadiness',
  /** Overlap (intersection over union) to expect if every pixel's value is a true probability. */
  'expected',
  /** Mean value of the subject's pixels. */
  'inside',
  /** Common logarithm of the subject's share of the frame. */
  'coverage',
  /** Outline by that of a disc of the same area, as a logarithm: 0 is round, 2 is thin or frayed. */
  'outline',
  /** Share of the subject that its largest piece is. */
  'largest',
  /** Logarithm of the number of pieces. */
  'pieces',
  /** Share of the frame's edge that is subject. */
  'border',
  /** Colour difference across the outline, mean, 0..1. */
  'contrast',
  /** Share of the outline without a colour difference to see. */
  'blending',
  /** How uneven the photo is outside the subject, 0..1. */
  'clutter',
  /** Difference of subject and background in mean colour by their spread. */
  'apart',
] as const;

export type FeatureName = (typeof FEATURES)[number];

/** Every feature of one cutout. */
export type Features = Readonly<Record<FeatureName, number>>;

/**
 * How a network's features become a confidence: a logistic regression. `weight` belongs to
 * `(value - mean) / deviation`, cut off at 3 deviations; a feature that is missing has none.
 */
export const ConfidenceModel = z.object({
  bias: z.number(),
  features: z.partialRecord(
    z.enum(FEATURES),
    z.object({ mean: z.number(), deviation: z.number().positive(), weight: z.number() }),
  ),
  /** How the numbers were made: model, parent, photos, what counts as good. For a person to read. */
  made: z.record(z.string(), z.unknown()),
});
export type ConfidenceModel = z.infer<typeof ConfidenceModel>;
