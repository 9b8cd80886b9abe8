import { z } from 'zod';
import { BUILT_IN_PRESETS } from '../contract/built-in-presets.ts';
import { type Preset, PresetList } from '../contract/preset.ts';
import { THRESHOLD_DEFAULTS, type Thresholds } from '../imaging/assess.ts';
import { PHOTO_LIMITS_DEFAULTS } from '../imaging/decode.ts';
import { SEGMENTER_DEFAULTS } from '../imaging/segment.ts';

const presetSetting = z
  .string()
  .default('transparent')
  .transform((text, context): unknown => {
    if (/^[[{]/.test(text)) {
      try {
        const parsed: unknown = JSON.parse(text);
        return Array.isArray(parsed) ? parsed : [parsed];
      } catch {
        context.addIssue({ code: 'custom', message: 'Expected presets as JSON, got text that does not parse' });
        return z.NEVER;
      }
    }
    const ids = text.split(',').map((id) => id.trim());
    const unknown = ids.find((id) => !BUILT_IN_PRESETS.has(id));
    if (unknown === undefined) return ids.map((id) => BUILT_IN_PRESETS.get(id));
    const known = [...BUILT_IN_PRESETS.keys()].join(', ');
    context.addIssue({
      code: 'custom',
      message: `Expected some of ${known}, or presets as JSON, got ${JSON.stringify(unknown)}`,
    });
    return z.NEVER;
  })
  .pipe(PresetList);

const share = z.coerce.number().min(0).max(1);

const Environment = z.object({
  /** Where photos come from and results go. */
  CUTLINE_STORE: z.enum(['s3', 'folder']).default('s3'),
  /** Folder of photos; unused with S3, where each job names its bucket. */
  CUTLINE_PHOTOS: z.string().optional(),
  /** Folder or bucket of results. */
  CUTLINE_CUTOUTS: z.string().min(1),
  /** Holds model.onnx and manifest.json, e.g. /opt/models/balanced. */
  CUTLINE_MODEL_FOLDER: z.string().min(1),
  /** Another such folder, for a bigger network that doubtful photos go through, too. */
  CUTLINE_ESCALATE_FOLDER: z.string().min(1).optional(),
  /** Below this confidence a person should look; below the other there is no cutout. */
  CUTLINE_REVIEW_BELOW: share.default(THRESHOLD_DEFAULTS.reviewBelow),
  CUTLINE_REJECT_BELOW: share.default(THRESHOLD_DEFAULTS.rejectBelow),
  /** What is made of a photo whose job, metadata and key name no preset: ids with commas, or whole presets as JSON. */
  CUTLINE_PRESET: presetSetting,
  CUTLINE_MAX_BYTES: z.coerce.number().int().positive().default(PHOTO_LIMITS_DEFAULTS.maxBytes),
  CUTLINE_MAX_PIXELS: z.coerce.number().int().positive().default(PHOTO_LIMITS_DEFAULTS.maxPixels),
  /** Where an emulator stands in for AWS; such endpoints know buckets by path only. */
  AWS_ENDPOINT_URL: z.string().optional(),
  AWS_ENDPOINT_URL_S3: z.string().optional(),
  CUTLINE_THREADS: z.coerce.number().int().positive().default(SEGMENTER_DEFAULTS.threads),
});

/** What a worker is told by its environment, checked once. */
export interface WorkerSettings {
  readonly store: 's3' | 'folder';
  readonly photos: string | undefined;
  readonly cutouts: string;
  readonly modelFolder: string;
  readonly escalateFolder: string | undefined;
  readonly thresholds: Thresholds;
  /** At least one. */
  readonly presets: readonly Preset[];
  readonly limits: { readonly maxBytes: number; readonly maxPixels: number };
  readonly threads: number;
  /** Whether S3 buckets are addressed by path instead of by host name. */
  readonly pathStyle: boolean;
}

/**
 * Reads a worker's settings.
 *
 * @throws {Error} that lists every variable that is missing or wrong.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`Expected valid settings in the environment:\n${z.prettifyError(parsed.error)}`);
  }
  const env = parsed.data;
  if (env.CUTLINE_STORE === 'folder' && env.CUTLINE_PHOTOS === undefined) {
    throw new Error('Expected CUTLINE_PHOTOS to name a folder when CUTLINE_STORE is "folder", got nothing');
  }
  return Object.freeze({
    store: env.CUTLINE_STORE,
    photos: env.CUTLINE_PHOTOS,
    cutouts: env.CUTLINE_CUTOUTS,
    modelFolder: env.CUTLINE_MODEL_FOLDER,
    escalateFolder: env.CUTLINE_ESCALATE_FOLDER,
    thresholds: { reviewBelow: env.CUTLINE_REVIEW_BELOW, rejectBelow: env.CUTLINE_REJECT_BELOW },
    presets: env.CUTLINE_PRESET,
    limits: { maxBytes: env.CUTLINE_MAX_BYTES, maxPixels: env.CUTLINE_MAX_PIXELS },
    threads: env.CUTLINE_THREADS,
    pathStyle: (env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL) !== undefined,
  });
}
