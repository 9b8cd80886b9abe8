import { z } from 'zod';
import { Preset, PresetList } from '#functions/contract/preset.ts';
import type { Choice, PresetOffer } from '../protocol.ts';
import { StudioError } from './studio-error.ts';

/** The edges a preset can ask for, as the contract lists them; none where it knows no such choice. */
const EDGES = edgesIn(Reflect.get(Preset.shape, 'edges'));

/** Lists the presets that can be asked for. */
export function presetOffers(presets: ReadonlyMap<string, Preset>): PresetOffer[] {
  return [...presets.values()].map(({ id, title }) => ({ id, title: title ?? null, edges: EDGES }));
}

/** The presets of a choice. @throws {StudioError} `unknown_preset`, `bad_request` */
export function presetsFor(choice: Choice, known: ReadonlyMap<string, Preset>): Preset[] {
  const { edges } = choice;
  if (edges !== null && !EDGES.includes(edges)) {
    throw new StudioError('bad_request', `Expected edges out of ${EDGES.join(', ') || 'none'}, got ${edges}.`);
  }
  const presets = choice.presets.map((id) => {
    const preset = known.get(id);
    if (preset === undefined)
      throw new StudioError('unknown_preset', `Expected a known preset, got ${JSON.stringify(id)}.`);
    return edges === null ? preset : Preset.parse({ ...preset, edges });
  });
  const list = PresetList.safeParse(presets);
  if (list.success) return list.data;
  throw new StudioError('bad_request', list.error.issues.map(({ message }) => message).join('; '));
}

function edgesIn(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return edgesIn(schema.unwrap());
  return [];
}
