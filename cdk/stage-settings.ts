import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { PHOTO_EXTENSIONS } from '#functions/contract/output-keys.ts';
import { ARCHITECTURES } from '#layers/places.ts';
import { DEFAULT_MODEL } from '#models/tiers.ts';
import { QUEUE_SETTINGS } from './queue-settings.ts';

const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'Expected the name of a bucket');
const modelId = ModelManifest.shape.id;
const share = z.coerce.number().min(0).max(1);
const days = z.coerce.number().int().positive();
const photoEndings = z
  .string()
  .transform((text) => text.split(',').map((ending) => ending.trim().replace(/^\./, '').toLowerCase()))
  .pipe(z.array(z.enum(PHOTO_EXTENSIONS)).min(1));

const StageSettings = z
  .strictObject({
    /** Names this copy of the pipeline, so that several can live in one account. */
    stage: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'Expected 1 to 20 of a-z, 0-9 and "-"')
      .default('dev'),
    /** A container image, or a .zip with two layers (what emulators without Docker can run). */
    packaging: z.enum(['image', 'zip']).default('image'),
    /** arm64 costs a fifth less a second. */
    architecture: z.enum(ARCHITECTURES).default('arm64'),
    /** A model that `npm run layer` has packed. */
    model: modelId.default(DEFAULT_MODEL),
    /** A bigger packed model, which only doubtful photos go through, too; the surer mask stays. @default none */
    escalate: modelId.optional(),
    /** Less sure cutouts are doubtful, 0..1. @default the handler's */
    reviewBelow: share.optional(),
    /** Less sure photos get no cutout, 0..1. @default the handler's, which keeps all */
    rejectBelow: share.optional(),
    /** What the image is built on. @default AWS's Node 24 */
    baseImage: z.string().min(1).optional(),
    /** What is made of a photo that asks for nothing else. */
    preset: z.enum([...BUILT_IN_PRESETS.keys()]).default('transparent'),

    /** A bucket that exists already, has EventBridge turned on and sends its uploads there. @default a new one */
    photosBucket: bucketName.optional(),
    /** A bucket that exists already. @default a new one */
    cutoutsBucket: bucketName.optional(),
    /** Only photos whose key begins so are cut out. */
    photosPrefix: z
      .string()
      .regex(/^[^*?$\\]*$/, 'Expected none of * ? $ \\, which mean something in a policy or a pattern')
      .default(''),
    /** Endings of keys that are cut out, in capitals or not, separated by commas. */
    photoEndings: photoEndings.default([...PHOTO_EXTENSIONS]),
    /** Days after which photos are removed. @default never */
    photosExpireDays: days.optional(),
    /** Days after which cutouts are removed; their records stay. @default never */
    cutoutsExpireDays: days.optional(),
    /** `new`, or the ARN of a key whose policy lets EventBridge and CloudWatch use it. @default keys that AWS keeps */
    kmsKey: z
      .string()
      .regex(/^(new|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]{36})$/, 'Expected "new" or the ARN of a key')
      .optional(),

    /**
     * A worker computes on one vCPU, which is 1,769 MB. IS-Net at 1024 peaks at 1.1 GB with a photo of 12 megapixels and
     * each further one costs 8 MB, so 2,048 MB hold the largest photo that is let in (100 megapixels).
     */
    memoryMb: z.coerce.number().int().min(512).max(10_240).default(2_048),
    /** Workers at once. */
    maxConcurrency: z.coerce.number().int().min(2).max(1_000).default(QUEUE_SETTINGS.maxConcurrency),
    /** Largest file that is read. @default the handler's */
    maxBytes: z.coerce.number().int().positive().optional(),
    /** Largest photo that is decoded, width x height. @default the handler's */
    maxPixels: z.coerce.number().int().positive().optional(),

    logRetentionDays: z.coerce.number().pipe(z.enum(RetentionDays)).default(RetentionDays.ONE_MONTH),
    /** Who is told when something is wrong. @default nobody, until somebody subscribes to the topic */
    alarmEmail: z.email().optional(),
    /** Share of an hour's cutouts that may be doubtful before somebody is told, 0..1. */
    doubtfulShare: share.default(0.3),
    /** Tag that AWS's bills can be split by. */
    costCentre: z.string().min(1).optional(),
  })
  .refine(({ photosBucket, cutoutsBucket }) => photosBucket === undefined || photosBucket !== cutoutsBucket, {
    path: ['cutoutsBucket'],
    message: 'Expected another bucket than photosBucket: each cutout would come back as a photo, without end',
  })
  .refine(({ model, escalate }) => model !== escalate, {
    path: ['escalate'],
    message: 'Expected another model than `model`: the same one says the same again',
  });

/** One deployment's choices, from cdk.json or `-c name=value`. */
export type StageSettings = Readonly<z.infer<typeof StageSettings>>;

/** The models that workers carry: the one that all photos go through comes first. */
export function modelsOf({ model, escalate }: Pick<StageSettings, 'model' | 'escalate'>): readonly string[] {
  return escalate === undefined ? [model] : [model, escalate];
}

/** CloudFormation's name for a stage's stack. */
export function stackName(stage: string): string {
  return `Cutline-${stage}`;
}

/**
 * Reads a stage's settings from CDK's context, whose own entries have `-`, `:` or `/` in their names.
 *
 * @throws {Error} that lists every setting that is wrong, and every one that does not exist.
 */
export function readStageSettings(context: Readonly<Record<string, unknown>>): StageSettings {
  const ours = Object.entries(context).filter(([name]) => /^[A-Za-z]+$/.test(name));
  const parsed = StageSettings.safeParse(Object.fromEntries(ours));
  if (!parsed.success) {
    throw new Error(
      `Expected valid settings (-c name=value, or "context" in cdk.json):\n${z.prettifyError(parsed.error)}`,
    );
  }
  return Object.freeze(parsed.data);
}
