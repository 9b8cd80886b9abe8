import { fingerprint } from '#functions/contract/fingerprint.ts';
import { Edges, type Preset } from '#functions/contract/preset.ts';
import type { PhotoRecord } from '#functions/contract/record.ts';
import { StudioError } from './studio-error.ts';

/**
 * The presets a record's outputs were made with. A record has their ids alone, and a run may have asked for other edges than
 * they say: the fingerprint tells which.
 *
 * @throws {StudioError} `unknown_preset`
 */
export function presetsOfRecord(record: PhotoRecord, known: ReadonlyMap<string, Preset>): readonly Preset[] {
  const plain = record.preset.split(',').map((id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    throw new StudioError(
      'unknown_preset',
      `Expected a preset that the studio knows, got "${id}". Start it with --preset FILE to make outputs of it.`,
    );
  });
  const tries = [plain, ...Edges.options.map((edges) => plain.map((preset) => ({ ...preset, edges })))];
  const { judging } = record;
  if (judging === undefined) return plain;
  const escalation = record.status === 'done' ? record.escalation : record.judgement?.escalation;
  const modelSha256 = escalation?.first.model.sha256 ?? record.model.sha256;
  const parts = { etag: record.source.etag, modelSha256, judging };
  return tries.find((presets) => fingerprint({ ...parts, presets }) === record.fingerprint) ?? plain;
}
