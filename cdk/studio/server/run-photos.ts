import { fileURLToPath } from 'node:url';
import type { Preset } from '#functions/contract/preset.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { ensureModel } from '#models/fetch.ts';
import type { PackedModel } from '#models/pack.ts';
import { parsePhotoLine } from '../../local/photo-line.ts';
import { runLocal } from '../../local/run-local.ts';
import type { RunPhotos } from './folder-place.ts';
import { presetsFor } from './preset-offers.ts';
import { StudioError } from './studio-error.ts';

export interface RunPhotosOptions {
  readonly presets: ReadonlyMap<string, Preset>;
  /** A network given by its folder, beside those that are known by their ids. */
  readonly model?: PackedModel | undefined;
  readonly workers: number;
}

const HANDLER = fileURLToPath(new URL('../../../functions/remove-background/handler.ts', import.meta.url));

/** Runs the local pipeline over some photos of a folder, with the network and the presets that were chosen. */
export function localRunner({ presets, model: own, workers }: RunPhotosOptions): RunPhotos {
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
        CUTLINE_PRESET: JSON.stringify(chosen),
        CUTLINE_MAX_PIXELS: String(PHOTO_LIMITS_DEFAULTS.maxPixels),
        // Progress is read from the log: one JSON object a line, nothing left out.
        POWERTOOLS_DEV: 'false',
        POWERTOOLS_LOG_LEVEL: 'INFO',
      },
      workers,
      signal,
      observer: {
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

/** A page names networks, never paths. @throws {StudioError} `model_missing` */
function requireId(id: string): string {
  if (/^[a-z0-9][a-z0-9.-]*$/.test(id)) return id;
  throw new StudioError('model_missing', `Expected a model's id, got ${JSON.stringify(id)}.`);
}
