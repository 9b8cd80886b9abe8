import { z } from 'zod';

const positive = z.coerce.number().int().positive();

const Environment = z.object({
  /** Holds model.onnx and manifest.json. */
  CUTLINE_MODEL_FOLDER: z.string().min(1),
  CUTLINE_MAX_BYTES: positive,
  CUTLINE_MAX_PIXELS: positive,
  CUTLINE_THREADS: positive,
});

/** What one of the server's workers is told. */
export interface WorkerSettings {
  readonly modelFolder: string;
  readonly limits: { readonly maxBytes: number; readonly maxPixels: number };
  readonly threads: number;
}

/** Writes settings as a worker reads them. */
export function writeWorkerSettings({ modelFolder, limits, threads }: WorkerSettings): Record<string, string> {
  return {
    CUTLINE_MODEL_FOLDER: modelFolder,
    CUTLINE_MAX_BYTES: String(limits.maxBytes),
    CUTLINE_MAX_PIXELS: String(limits.maxPixels),
    CUTLINE_THREADS: String(threads),
  } satisfies Record<keyof z.infer<typeof Environment>, string>;
}

/** @throws {Error} that lists every variable that is missing or wrong. */
export function readWorkerSettings(environment: Readonly<Record<string, string | undefined>>): WorkerSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`Expected valid settings in the environment:\n${z.prettifyError(parsed.error)}`);
  }
  const { CUTLINE_MODEL_FOLDER, CUTLINE_MAX_BYTES, CUTLINE_MAX_PIXELS, CUTLINE_THREADS } = parsed.data;
  return {
    modelFolder: CUTLINE_MODEL_FOLDER,
    limits: { maxBytes: CUTLINE_MAX_BYTES, maxPixels: CUTLINE_MAX_PIXELS },
    threads: CUTLINE_THREADS,
  };
}
