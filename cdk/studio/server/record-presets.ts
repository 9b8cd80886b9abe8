import type { Preset } from '#functions/contract/preset.ts';
import type { DoneRecord } from '#functions/contract/record.ts';
import { StudioError } from './studio-error.ts';

/**
 * The presets a record's outputs were made with, with the edges and the region that its job asked for.
 *
 * @throws {StudioError} `unknown_preset`
 */
export function presetsOfRecord(record: DoneRecord, known: ReadonlyMap<string, Preset>): readonly Preset[] {
  const { edges, roi } = record;
  return record.preset.split(',').map((id) => {
    const found = known.get(id);
    if (found === undefined) {
      throw new StudioError(
        'unknown_preset',
        `Expected a preset that the studio knows, got "${id}". Start it with --preset FILE to make outputs of it.`,
      );
    }
    return { ...found, ...(edges === undefined ? {} : { edges }), ...(roi === undefined ? {} : { roi }) };
  });
}
