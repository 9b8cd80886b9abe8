import type { CutoutJob } from './job.ts';
import { PHOTO_METADATA } from './photo-metadata.ts';
import type { Preset } from './preset.ts';

interface PresetSources {
  readonly job: Pick<CutoutJob, 'preset' | 'presets' | 'roi' | 'edges' | 'key'>;
  /** The photo's user metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly known: ReadonlyMap<string, Preset>;
  /** At least one. */
  readonly fallback: readonly Preset[];
}

/** An id that was asked for and that no preset has. */
export interface UnknownPreset {
  readonly unknown: string;
}

/**
 * Chooses a photo's presets: the job's own or its field's ids, else object metadata `cutline-preset` (each one id, or several
 * with commas), else the key's first segment where it names a preset, else the default. A job's region and edges take the
 * place of theirs.
 *
 * @returns The presets, each once, or the first id that was asked for and does not exist.
 */
export function choosePresets(sources: PresetSources): readonly Preset[] | UnknownPreset {
  const { job } = sources;
  const chosen: readonly Preset[] | UnknownPreset = job.presets ?? named(sources);
  return 'unknown' in chosen ? chosen : chosen.map((preset) => asAsked(preset, job));
}

function asAsked(preset: Preset, { roi, edges }: PresetSources['job']): Preset {
  return { ...preset, ...(roi === undefined ? {} : { roi }), ...(edges === undefined ? {} : { edges }) };
}

function named({ job, metadata, known, fallback }: PresetSources): readonly Preset[] | UnknownPreset {
  const asked = job.preset ?? metadata[PHOTO_METADATA.preset];
  if (asked === undefined) {
    const [folder = '', ...rest] = job.key.split('/');
    const own = rest.length > 0 ? known.get(folder) : undefined;
    return own === undefined ? fallback : [own];
  }
  const ids = [...new Set(asked.split(',').map((part) => part.trim()))];
  const presets = ids.map((id) => fallback.find((own) => own.id === id) ?? known.get(id));
  const unknown = ids.find((_, index) => presets[index] === undefined);
  return unknown === undefined ? presets.filter((preset) => preset !== undefined) : { unknown };
}
