import { z } from 'zod';
import { Edges } from './edges.ts';
import { RuleResult } from './preset-rules.ts';
import { Region } from './region.ts';

/** Why a photo can never succeed. Each goes with a sentence for the person who uploaded it. */
export const RejectionCode = z.enum([
  'empty_file',
  'not_a_photo',
  'unsupported_format',
  'corrupt',
  'too_many_bytes',
  'too_many_pixels',
  'region_outside',
  'too_doubtful',
  'source_missing',
  'unknown_preset',
  'model_unavailable',
  'background_missing',
]);
export type RejectionCode = z.infer<typeof RejectionCode>;

/** Why a cutout should be looked at. */
export const DoubtReason = z.enum([
  'empty_mask',
  'fills_frame',
  'soft_mask',
  'touches_frame',
  'tiny_subject',
  'unusual_size',
  'fragmented',
  'several_subjects',
  'thin_subject',
  'low_contrast',
  'busy_background',
  'models_disagree',
  'rule_failed',
]);
export type DoubtReason = z.infer<typeof DoubtReason>;

const pixels = z.int().nonnegative();

const SourceFacts = z.object({
  bucket: z.string(),
  key: z.string(),
  /** Empty where the photo was gone before it could be read. */
  etag: z.string(),
  sku: z.string().optional(),
  bytes: z.int().nonnegative(),
  /** Absent where the file could not be decoded that far. Width and height are as displayed, orientation applied. */
  format: z.string().optional(),
  width: pixels.optional(),
  height: pixels.optional(),
  /** EXIF orientation 1..8 found in the file. */
  orientation: z.int().min(1).max(8).optional(),
  colourSpace: z.string().optional(),
});
export type SourceFacts = z.infer<typeof SourceFacts>;

/** What the raw mask looks like, measured at the network's size before anything is smoothed. */
export const MaskFacts = z.object({
  /** Share of the frame that is subject, 0..1. */
  coverage: z.number().min(0).max(1),
  /** Of the subject in the photo's pixels; null where there is no subject. */
  box: z.object({ left: pixels, top: pixels, width: pixels, height: pixels }).nullable(),
  touches: z.array(z.enum(['left', 'top', 'right', 'bottom'])),
  /** Separate pieces that are each at least 1 % of the subject. */
  parts: z.int().nonnegative(),
});
export type MaskFacts = z.infer<typeof MaskFacts>;

/** What decides on a verdict, and on whose mask is kept: part of the fingerprint. */
export const Judging = z.object({
  /** 0..1; below them a cutout is to be looked at, or becomes none. */
  reviewBelow: z.number(),
  rejectBelow: z.number(),
  /** Of the networks' own calibrations, first and second; of nothing where they bring none. */
  calibrationSha256: z.string(),
  /** Of the network that doubtful photos go through, too; null where there is none. */
  escalationSha256: z.string().nullable(),
});
export type Judging = z.infer<typeof Judging>;

/** What one network made of a photo. */
const Opinion = z.object({
  model: z.object({ id: z.string(), sha256: z.string() }),
  confidence: z.number().min(0).max(1),
  reasons: z.array(DoubtReason),
  verdict: z.enum(['ok', 'review', 'rejected']),
});

/** A doubtful photo that a bigger network looked at, too. */
export const Escalation = z.object({
  first: Opinion,
  second: Opinion,
  /** Whose mask became the cutout: the surer one's. */
  kept: z.enum(['first', 'second']),
  /** Overlap of the two masks (intersection over union), 0..1. */
  agreement: z.number().min(0).max(1),
});
export type Escalation = z.infer<typeof Escalation>;

/** What a cutout was judged by. */
const judgement = {
  /** How likely the cutout overlaps the truth by 0.9 or more, 0..1. */
  confidence: z.number().min(0).max(1),
  reasons: z.array(DoubtReason),
  mask: MaskFacts,
  /** What was measured for the confidence, by name. */
  features: z.record(z.string(), z.number()).optional(),
  escalation: Escalation.optional(),
};

const OutputFacts = z.object({
  key: z.string(),
  preset: z.string(),
  format: z.enum(['png', 'webp', 'avif', 'jpeg']),
  width: pixels,
  height: pixels,
  bytes: z.int().positive(),
  sha256: z.string(),
  /** Frame pixels a photo pixel became along each axis; absent where the preset has no layout. */
  scale: z.number().positive().optional(),
  /** The photo has too few pixels for the preset: the picture is smaller than asked instead of enlarged. */
  notes: z.array(z.enum(['below_min_resolution'])).optional(),
  /** Every rule of the preset with what was measured on the final file. */
  rules: z.array(RuleResult).optional(),
});
export type OutputFacts = z.infer<typeof OutputFacts>;

/** What a person said of a cutout after looking at it: about this very record, a photo that is cut out anew has none. */
export const Decision = z.object({
  verdict: z.enum(['approved', 'refused']),
  /** What the machine had said, for taking the decision back. */
  before: z.enum(['ok', 'review']),
  /** ISO 8601. Who decided is not asked. */
  at: z.iso.datetime(),
});
export type Decision = z.infer<typeof Decision>;

const common = {
  schema: z.literal(1),
  source: SourceFacts,
  model: z.object({ id: z.string(), sha256: z.string() }),
  /** Ids, with commas where there are several. */
  preset: z.string(),
  batchId: z.string().optional(),
  /** Source ETag + preset hash + model sha256 + pipeline version: the same fingerprint means there is nothing to do. */
  fingerprint: z.string(),
  /** Absent in records of before there was a choice. */
  judging: Judging.optional(),
  /** 1 on the first delivery. */
  attempt: z.int().positive(),
  /** Wall time a stage took. The only fields, with `attempt`, that differ between two runs. */
  timesMs: z.record(z.string(), z.number().nonnegative()),
};

const DoneRecord = z
  .object({
    ...common,
    status: z.literal('done'),
    /** The machine's, or what a person's decision made of it: `rejected` means refused by a person. */
    verdict: z.enum(['ok', 'review', 'rejected']),
    decision: Decision.optional(),
    /** What the presets said or the job asked for instead; absent in older records. */
    edges: Edges.optional(),
    roi: Region.optional(),
    /** When a person last corrected the mask, ISO 8601: the outputs are made of that mask. */
    retouchedAt: z.iso.datetime().optional(),
    ...judgement,
    outputs: z.array(OutputFacts).min(1),
  })
  .refine(
    ({ verdict, decision }) => (verdict === 'rejected') === (decision?.verdict === 'refused'),
    'Expected the verdict "rejected" with a cutout if a person refused it, and only then',
  );

const RejectedRecord = z.object({
  ...common,
  status: z.literal('rejected'),
  verdict: z.literal('rejected'),
  code: RejectionCode,
  message: z.string(),
  /** Only of what was cut out and then found too doubtful to keep. */
  judgement: z.object(judgement).optional(),
  outputs: z.tuple([]),
});

/** What was done with one photo and how sure the network was: the file `records/<key>.json`. */
export const PhotoRecord = z.discriminatedUnion('status', [DoneRecord, RejectedRecord]);
export type PhotoRecord = z.infer<typeof PhotoRecord>;
export type DoneRecord = z.infer<typeof DoneRecord>;
export type RejectedRecord = z.infer<typeof RejectedRecord>;
