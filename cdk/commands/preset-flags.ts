import { type Command, Option } from 'commander';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { type Edges, Preset, PresetList } from '#functions/contract/preset.ts';
import type { Layout, Shadow } from '#functions/contract/preset-layout.ts';
import { colour, cropMargin, position, size, sizeShare, wholeNumber } from './flag-values.ts';
import { readPicture, readPreset } from './read-preset.ts';

/** The flags that say what is made of a photo, as commander hands them over. */
export interface PresetFlags {
  readonly preset?: readonly string[];
  readonly format?: Preset['format'];
  readonly quality?: number;
  readonly background?: Preset['background'];
  readonly backgroundImage?: string;
  readonly onlyMask?: boolean;
  readonly alpha?: Preset['existingAlpha'];
  readonly crop?: boolean;
  readonly cropMargin?: NonNullable<Layout['margin']>;
  readonly scale?: number;
  readonly position?: NonNullable<Layout['position']>;
  readonly size?: { readonly width: number; readonly height: number };
  readonly shadow?: Shadow['kind'];
  readonly edges?: Edges;
}

const WHITE = { r: 255, g: 255, b: 255 };

/** Adds `--preset`, which may be given several times. */
export function addPresetOption(command: Command): Command {
  return command.option(
    '--preset <id|file>',
    `${[...BUILT_IN_PRESETS.keys()].join(', ')}, or a JSON file of yours; may be given several times`,
    (value: string, before: readonly string[] = []) => [...before, ...value.split(',')],
  );
}

/** Adds the flags that say what is made of a photo. */
export function addPresetFlags(command: Command): Command {
  return addPresetOption(command.optionsGroup('Ready-made:'))
    .optionsGroup('Look (instead of a preset):')
    .addOption(choice('--format <format>', 'png, webp, avif or jpeg (default: png)', ['png', 'webp', 'avif', 'jpeg']))
    .option('--quality <1-100>', 'of webp, avif and jpeg', wholeNumber(1, 100))
    .option('--background <colour>', 'transparent, white or #rrggbb (default: transparent; jpeg: white)', colour)
    .option('--background-image <file>', 'a picture behind the subject, cropped to fill the frame')
    .addOption(choice('--shadow <contact|drop>', 'a soft shadow under the subject', ['contact', 'drop']))
    .option('--only-mask', 'write the mask instead of the cutout')
    .addOption(choice('--alpha <flatten|keep>', "a photo's own transparency (default: flatten)", ['flatten', 'keep']))
    .optionsGroup('Frame (instead of a preset):')
    .option('--crop', 'cut away what is empty around the subject')
    .option('--crop-margin <px|%>', 'room around the cropped subject, e.g. 30px or 10%', cropMargin)
    .option('--size <WxH>', 'a frame of so many pixels, e.g. 2000x2000; never enlarges a photo', size)
    .option('--scale <%>', 'how much of the frame the subject covers, e.g. 80%', sizeShare)
    .option('--position <x,y>', 'center, or where in the room that is left, e.g. 50%,100%', position)
    .optionsGroup('Edges (with or without a preset):')
    .addOption(choice('--edges <fine|fast>', "fine: along the photo's own edges (default)", ['fine', 'fast']))
    .optionsGroup('Options:');
}

/**
 * What to make of photos whose key names no preset.
 *
 * @throws {Error} in one line when a preset is wrong or the flags contradict each other.
 */
export async function presetsOf(flags: PresetFlags): Promise<readonly Preset[]> {
  const presets = flags.preset === undefined ? [await customPreset(flags)] : await readyMade(flags, flags.preset);
  const { edges } = flags;
  return edges === undefined ? presets : presets.map((preset) => ({ ...preset, edges }));
}

async function readyMade(flags: PresetFlags, names: readonly string[]): Promise<readonly Preset[]> {
  const others = LOOK_FLAGS.filter((name) => flags[name] !== undefined);
  if (others.length > 0) {
    throw new Error(`Expected either --preset or flags of your own, got --${others.map(dashed).join(', --')}, too`);
  }
  const presets = await Promise.all(names.map(readPreset));
  const list = PresetList.safeParse(presets);
  if (!list.success) throw new Error(list.error.issues.map(({ message }) => message).join('; '));
  return list.data;
}

const LOOK_FLAGS = [
  'format',
  'quality',
  'background',
  'backgroundImage',
  'onlyMask',
  'alpha',
  'crop',
  'cropMargin',
  'scale',
  'position',
  'size',
  'shadow',
] as const satisfies readonly (keyof PresetFlags)[];

async function customPreset(flags: PresetFlags): Promise<Preset> {
  const { format = 'png', quality, onlyMask = false, alpha, shadow } = flags;
  const transparent = BUILT_IN_PRESETS.get('transparent');
  if (transparent !== undefined && LOOK_FLAGS.every((name) => flags[name] === undefined)) return transparent;
  if (quality !== undefined && format === 'png') {
    throw new Error('Expected --format webp, avif or jpeg with --quality: png loses nothing');
  }
  const layout = layoutOf(flags);
  const preset = Preset.safeParse({
    id: 'custom',
    content: onlyMask ? 'mask' : 'cutout',
    background: await backgroundOf(flags, format === 'jpeg' && !onlyMask ? WHITE : 'transparent'),
    format,
    ...(quality === undefined ? {} : { quality }),
    ...(alpha === undefined ? {} : { existingAlpha: alpha }),
    ...(shadow === undefined ? {} : { shadow: { kind: shadow } }),
    ...(layout === null ? {} : { layout }),
  });
  if (!preset.success) throw new Error(preset.error.issues.map((issue) => issue.message).join('; '));
  return preset.data;
}

async function backgroundOf(
  { background, backgroundImage }: PresetFlags,
  fallback: Preset['background'],
): Promise<Preset['background']> {
  if (backgroundImage === undefined) return background ?? fallback;
  if (background !== undefined) throw new Error('Expected either --background or --background-image, got both');
  return await readPicture(backgroundImage);
}

function layoutOf({ crop, cropMargin: margin, scale, position: place, size: canvas }: PresetFlags): Layout | null {
  if (crop === true && canvas !== undefined) throw new Error('Expected either --crop or --size, got both');
  if (crop === true && scale !== undefined) throw new Error('Expected either --crop or --scale, got both');
  if (margin !== undefined && crop !== true) throw new Error('Expected --crop with --crop-margin');
  if (crop === true) return { canvas: 'subject', ...(margin === undefined ? {} : { margin }) };
  if (canvas === undefined && scale === undefined && place === undefined) return null;
  return {
    canvas: canvas ?? 'photo',
    ...(scale === undefined ? {} : { fill: scale }),
    ...(place === undefined ? {} : { position: place }),
  };
}

function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
