import { Edges } from '#functions/contract/edges.ts';
import { type Preset, PresetList } from '#functions/contract/preset.ts';
import type { Choice, PresetOffer } from '../protocol.ts';
import { StudioError } from './studio-error.ts';

/** Lists the presets that can be asked for. */
export function presetOffers(presets: ReadonlyMap<string, Preset>): PresetOffer[] {
  return [...presets.values()].map(({ id, title }) => ({ id, title: title ?? null, edges: Edges.options }));
}

/** The presets of a choice. @throws {StudioError} `unknown_preset`, `bad_request` */
export function presetsFor(choice: Choice, known: ReadonlyMap<string, Preset>): Preset[] {
  const edges = Edges.nullable().safeParse(choice.edges);
  if (!edges.success) {
    throw new StudioError('bad_request', `Expected edges out of ${Edges.options.join(', ')}, got ${choice.edges}.`);
  }
  const presets = choice.presets.map((id) => {
    const preset = known.get(id);
    if (preset === undefined)
      throw new StudioError('unknown_preset', `Expected a known preset, got ${JSON.stringify(id)}.`);
    return edges.data === null ? preset : { ...preset, edges: edges.data };
  });
  const list = PresetList.safeParse(presets);
  if (list.success) return list.data;
  throw new StudioError('bad_request', list.error.issues.map(({ message }) => message).join('; '));
}
