import type { CutoutJob } from './job.ts';
import type { Preset } from './preset.ts';

interface PresetSources {
  readonly job: Pick<CutoutJob, 'preset' | 'key'>;
  /** The photo's user metadata. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly known: ReadonlyMap<string, Preset>;
  readonly fallback: Preset;
}

/** An id that was asked for and that no preset has. */
export interface UnknownPreset {
  readonly unknown: string;
}

/**
 * Chooses a photo's preset: job field, else object metadata `cutline-preset`, else the key's first segment where it names
 * a preset, else the default.
 *
 * @returns The preset, or the id that was asked for and does not exist.
 */
export function choosePreset({ job, metadata, known, fallback }: PresetSources): Preset | UnknownPreset {
  const asked = job.preset ?? metadata['cutline-preset'];
  if (asked !== undefined) {
    return asked === fallback.id ? fallback : (known.get(asked) ?? { unknown: asked });
  }
  const [folder, ...rest] = job.key.split('/');
  return (rest.length > 0 ? known.get(folder as string) : undefined) ?? fallback;
}
