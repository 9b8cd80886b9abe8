import { fileURLToPath } from 'node:url';
import type { Preset } from '#functions/contract/preset.ts';
import { THRESHOLD_DEFAULTS } from '#functions/imaging/assess.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { SEGMENTER_DEFAULTS } from '#functions/imaging/segment.ts';
import { ensureModel } from '#models/fetch.ts';
import type { PackedModel } from '#models/pack.ts';
import { type DoubtSettings, doubtEnvironment } from '../../doubt-environment.ts';
import { parsePhotoLine } from '../../local/photo-line.ts';
import { runLocal } from '../../local/run-local.ts';
import { noteRun, readRunNote } from '../../local/target.ts';
import { QUEUE_SETTINGS } from '../../queue-settings.ts';
import type { RunPhotos } from './folder-place.ts';
import { presetsFor } from './preset-offers.ts';
import { StudioError } from './studio-error.ts';

export interface RunPhotosOptions {
  readonly presets: ReadonlyMap<string, Preset>;
  /** A network given by its folder, beside those that are known by their ids. */
  readonly model?: PackedModel | undefined;
  /** When a cutout is doubtful, and what is done then. @default as everywhere */
  readonly doubt?: DoubtSettings;
  /** The bigger network as it was asked for, by id or folder: for whoever does the same again. @default none */
  readonly escalate?: string | undefined;
  readonly workers: number;
}

const HANDLER = fileURLToPath(new URL('../../../functions/remove-background/handler.ts', import.meta.url));

/** Runs the local pipeline over some photos of a folder, with the network and the presets that were chosen. */
export function localRunner(options: RunPhotosOptions): RunPhotos {
  const { presets, model: own, doubt = {}, workers } = options;
  return async ({ src, dst }, { keys, choice }, observer, signal) => {
    const chosen = presetsFor(choice, presets);
    const model = choice.model === own?.manifest.id ? own : await ensureModel(requireId(choice.model));
    const { photos, stop } = await runLocal({
      src,
      dst,
      only: new Set(keys),
      preset: chosen.map(({ id }) => id).join(','),
      handlerPath: HANDLER,
      workerEnv: {
        CUTLINE_STORE: 'folder',
        CUTLINE_PHOTOS: src,
        CUTLINE_CUTOUTS: dst,
        CUTLINE_MODEL_FOLDER: model.folder,
        ...doubtEnvironment(doubt),
        CUTLINE_PRESET: JSON.stringify(chosen),
        CUTLINE_MAX_PIXELS: String(PHOTO_LIMITS_DEFAULTS.maxPixels),
        // Progress is read from the log: one JSON object a line, nothing left out.
        POWERTOOLS_DEV: 'false',
        POWERTOOLS_LOG_LEVEL: 'INFO',
      },
      workers,
      signal,
      observer: {
        onStart: () => noteFirstRun(dst, { src, presets: chosen, model: choice.model }, options),
        onProgress: observer.onProgress,
        onPhoto: ({ key }) => observer.onPhoto(key),
        onWorkerLine: (line) => {
          const photo = parsePhotoLine(line);
          if (photo !== null && photo.outcome !== 'retry') observer.onPhoto(photo.key);
        },
      },
    });
    for (const { key, status, code = 'unknown', message = '' } of photos) {
      if (status === 'failed' && stop === null) observer.onFailure({ key, code, message });
    }
    return stop?.code === 'disk_full' ? stop.message : null;
  };
}

interface FirstRun {
  readonly src: string;
  readonly presets: readonly Preset[];
  readonly model: string;
}

/**
 * A folder that no run has worked on yet remembers this one, so that `status`, `report` and `retry` know it. What `run` has
 * noted stays: the photos that are cut out another way here are some of its own.
 */
async function noteFirstRun(
  dst: string,
  { src, presets, model }: FirstRun,
  { doubt = {}, escalate, workers }: RunPhotosOptions,
): Promise<void> {
  if ((await readRunNote(dst)) !== null) return;
  const { reviewBelow = THRESHOLD_DEFAULTS.reviewBelow, rejectBelow = THRESHOLD_DEFAULTS.rejectBelow } = doubt;
  const { maxPixels } = PHOTO_LIMITS_DEFAULTS;
  await noteRun(dst, {
    src,
    startedAt: new Date().toISOString(),
    presets: [...presets],
    flags: {
      ...{ model, reviewBelow, rejectBelow, workers, threads: SEGMENTER_DEFAULTS.threads },
      ...(escalate === undefined ? {} : { escalate }),
      maxMegapixels: maxPixels / 1e6,
      timeout: QUEUE_SETTINGS.functionTimeoutSeconds,
    },
  });
}

/** A page names networks, never paths. @throws {StudioError} `model_missing` */
function requireId(id: string): string {
  if (/^[a-z0-9][a-z0-9.-]*$/.test(id)) return id;
  throw new StudioError('model_missing', `Expected a model's id, got ${JSON.stringify(id)}.`);
}
