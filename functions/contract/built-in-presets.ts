import { Preset } from './preset.ts';

const presets = [
  { id: 'transparent', content: 'cutout', background: 'transparent', format: 'png' },
  { id: 'white', content: 'cutout', background: { r: 255, g: 255, b: 255 }, format: 'jpeg' },
  { id: 'mask', content: 'mask', background: 'transparent', format: 'png' },
].map((preset) => Preset.parse(preset));

/** Presets that need no file, by id. */
export const BUILT_IN_PRESETS: ReadonlyMap<string, Preset> = new Map(presets.map((preset) => [preset.id, preset]));
