import { z } from 'zod';
import { THRESHOLD_DEFAULTS, type Thresholds } from '#functions/imaging/assess.ts';
import { type DoubtSettings, doubtEnvironment } from '../doubt-environment.ts';

const positive = z.coerce.number().int().positive();
const share = z.coerce.number().min(0).max(1);

const Environment = z.object({
  /** Holds model.onnx and manifest.json. */
  CUTLINE_MODEL_FOLDER: z.string().min(1),
  /** Holds a bigger network, for photos that are in doubt. */
  CUTLINE_ESCALATE_FOLDER: z.string().min(1).optional(),
  CUTLINE_REVIEW_BELOW: share.default(THRESHOLD_DEFAULTS.reviewBelow),
  CUTLINE_REJECT_BELOW: share.default(THRESHOLD_DEFAULTS.rejectBelow),
  CUTLINE_MAX_BYTES: positive,
  CUTLINE_MAX_PIXELS: positive,
  CUTLINE_THREADS: positive,
});

/** What one of the server's workers is told. */
export interface WorkerSettings {
  readonly modelFolder: string;
  readonly escalateFolder: string | undefined;
  readonly thresholds: Thresholds;
  readonly limits: { readonly maxBytes: number; readonly maxPixels: number };
  readonly threads: number;
}

/** Writes settings as a worker reads them; what is left out of `doubt` is as it is everywhere. */
export function writeWorkerSettings({
  modelFolder,
  doubt,
  limits,
  threads,
}: Pick<WorkerSettings, 'modelFolder' | 'limits' | 'threads'> & { readonly doubt: DoubtSettings }): Record<
  string,
  string
> {
  return {
    ...doubtEnvironment(doubt),
    CUTLINE_MODEL_FOLDER: modelFolder,
    CUTLINE_MAX_BYTES: String(limits.maxBytes),
    CUTLINE_MAX_PIXELS: String(limits.maxPixels),
    CUTLINE_THREADS: String(threads),
  };
}

/** @throws {Error} that lists every variable that is missing or wrong. */
export function readWorkerSettings(environment: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`Expected valid settings in the environment:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  return {
    modelFolder: data.CUTLINE_MODEL_FOLDER,
    escalateFolder: data.CUTLINE_ESCALATE_FOLDER,
    thresholds: { reviewBelow: data.CUTLINE_REVIEW_BELOW, rejectBelow: data.CUTLINE_REJECT_BELOW },
    limits: { maxBytes: data.CUTLINE_MAX_BYTES, maxPixels: data.CUTLINE_MAX_PIXELS },
    threads: data.CUTLINE_THREADS,
  };
}
