import { type Command, Option } from 'commander';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { Edges } from '#functions/contract/edges.ts';
import { Preset, PresetList } from '#functions/contract/preset.ts';
import type { Layout, Shadow } from '#functions/contract/preset-layout.ts';
import type { Region } from '#functions/contract/region.ts';
import { colour, cropMargin, position, region, share, size, sizeShare, wholeNumber } from './flag-values.ts';
import { addOptionAliases } from './option-aliases.ts';
import { readPicture, readPreset } from './read-preset.ts';

/** The flags that say what is made of a photo, as commander hands them over. */
export interface PresetFlags {
  readonly preset?: readonly string[];
  readonly format?: Preset['format'] | 'jpg';
  readonly quality?: number;
  readonly background?: Preset['background'];
  readonly backgroundImage?: string;
  readonly onlyMask?: boolean;
  readonly alpha?: Preset['existingAlpha'];
  readonly crop?: boolean;
  readonly cropMargin?: NonNullable<Layout['margin']>;
  /** A word: as in the photo, which is what happens without the flag. */
  readonly scale?: number | 'original';
  readonly position?: NonNullable<Layout['position']> | 'original';
  readonly size?: { readonly width: number; readonly height: number } | 'full';
  readonly shadow?: Shadow['kind'];
  readonly shadowOpacity?: number;
  readonly channels?: 'rgba' | 'alpha';
  readonly roi?: Region;
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

/** Adds `--edges`. */
export function addEdgesOption(command: Command): Command {
  return command.addOption(choice('--edges <fine|fast>', "fine: along the photo's own edges (default)", EDGES));
}

const EDGES = Edges.options;

/** Adds the flags that say what is made of a photo. */
export function addPresetFlags(command: Command): Command {
  const flags = addOptionAliases(addPresetOption(command.optionsGroup('Ready-made:')))
    .optionsGroup('Look (instead of a preset):')
    .addOption(choice('--format <format>', 'png, webp, avif or jpg (default: png)', FORMATS))
    .option('--quality <1-100>', 'of webp, avif and jpg', wholeNumber(1, 100))
    .option('--background <colour>', 'transparent, white, black or #rrggbb (default: transparent; jpg: white)', colour)
    .option('--background-image <file>', 'a picture behind the subject, scaled and cropped to fill the frame')
    .addOption(choice('--shadow <contact|drop>', 'a soft shadow under the subject', ['contact', 'drop']))
    .option('--shadow-opacity <%>', 'how dark it is where it is deepest (default: 35%)', share)
    .addOption(choice('--channels <rgba|alpha>', 'alpha: the mask instead of the cutout', ['rgba', 'alpha']))
    .option('--only-mask', 'the same as --channels alpha')
    .addOption(choice('--alpha <flatten|keep>', "a photo's own transparency (default: flatten)", ['flatten', 'keep']))
    .optionsGroup('Frame (instead of a preset):')
    .option('--crop', 'cut away what is empty around the subject')
    .option(
      '--crop-margin <px|%>',
      'room around the cropped subject: 30px, 10%, or a side at a time from the top',
      cropMargin,
    )
    .option('--size <WxH>', 'a frame of so many pixels, e.g. 2000x2000; never enlarges a photo (default: full)', size)
    .option('--scale <%>', 'how much of the frame the subject covers, e.g. 80% (default: original)', sizeShare)
    .option('--position <x,y>', 'original, center, or where in the room that is left, e.g. 50%,100%', position)
    .optionsGroup('Where to look (with or without a preset):')
    .option('--roi <x1 y1 x2 y2>', 'the only part of the photo that can be subject: "0% 0% 50% 100%", px or %', region)
    .optionsGroup('Edges (with or without a preset):');
  return addEdgesOption(flags).optionsGroup('Options:');
}

const FORMATS = ['png', 'webp', 'avif', 'jpg', 'jpeg'];

/**
 * What to make of photos whose key names no preset.
 *
 * @throws {Error} in one line when a preset is wrong or the flags contradict each other.
 */
export async function presetsOf(flags: PresetFlags): Promise<readonly Preset[]> {
  const presets = flags.preset === undefined ? [await customPreset(flags)] : await readyMade(flags, flags.preset);
  const { roi, edges } = flags;
  const shared = { ...(roi === undefined ? {} : { roi }), ...(edges === undefined ? {} : { edges }) };
  return presets.map((preset) => ({ ...preset, ...shared }));
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
  'shadowOpacity',
  'channels',
] as const satisfies readonly (keyof PresetFlags)[];

async function customPreset(flags: PresetFlags): Promise<Preset> {
  const { quality, alpha, shadow, shadowOpacity: opacity } = flags;
  const format = flags.format === 'jpg' ? 'jpeg' : (flags.format ?? 'png');
  const onlyMask = flags.onlyMask === true || flags.channels === 'alpha';
  if (flags.onlyMask === true && flags.channels === 'rgba') {
    throw new Error('Expected either --only-mask or --channels rgba, got both');
  }
  if (opacity !== undefined && shadow === undefined) throw new Error('Expected --shadow with --shadow-opacity');
  const transparent = BUILT_IN_PRESETS.get('transparent');
  if (transparent !== undefined && LOOK_FLAGS.every((name) => flags[name] === undefined)) return transparent;
  if (quality !== undefined && format === 'png') {
    throw new Error('Expected --format webp, avif or jpg with --quality: png loses nothing');
  }
  const layout = layoutOf(flags);
  const preset = Preset.safeParse({
    id: 'custom',
    content: onlyMask ? 'mask' : 'cutout',
    background: await backgroundOf(flags, format === 'jpeg' && !onlyMask ? WHITE : 'transparent'),
    format,
    ...(quality === undefined ? {} : { quality }),
    ...(alpha === undefined ? {} : { existingAlpha: alpha }),
    ...(shadow === undefined ? {} : { shadow: { kind: shadow, ...(opacity === undefined ? {} : { opacity }) } }),
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

function layoutOf({ crop, cropMargin: margin, ...flags }: PresetFlags): Layout | null {
  const { scale, position: place, size: canvas } = flags;
  for (const [name, value] of Object.entries({ size: canvas, scale, position: place })) {
    if (crop === true && isGiven(value)) throw new Error(`Expected either --crop or --${name}, got both`);
  }
  if (margin !== undefined && crop !== true) throw new Error('Expected --crop with --crop-margin');
  if (crop === true) return { canvas: 'subject', ...(margin === undefined ? {} : { margin }) };
  if (!isGiven(canvas) && !isGiven(scale) && !isGiven(place)) return null;
  if (place === 'original' && isGiven(scale)) {
    throw new Error('Expected --position center or shares with --scale: a scaled subject has no original position');
  }
  return {
    canvas: isGiven(canvas) ? canvas : 'photo',
    // A subject that is only moved keeps its size.
    ...(isGiven(scale) ? { fill: scale } : isGiven(canvas) ? {} : { fill: 1 }),
    ...(isGiven(place) ? { position: place } : {}),
  };
}

function isGiven<Value>(value: Value | string | undefined): value is Value {
  return typeof value !== 'string' && value !== undefined;
}

function choice(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
