import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { Preset } from '#functions/contract/preset.ts';
import { QUEUE_SETTINGS } from '../queue-settings.ts';

/** The flags of `run`, as commander hands them over. */
export interface RunFlags {
  readonly model: string;
  readonly format?: Preset['format'];
  readonly quality?: number;
  readonly background?: Preset['background'];
  readonly onlyMask?: boolean;
  readonly alpha?: Preset['existingAlpha'];
  readonly workers?: number;
  readonly threads: number;
  readonly maxMegapixels: number;
  readonly timeout: number;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Until a pruned model is committed: the one that `npm run model -- fetch` knows a checksum of. */
const DEFAULT_MODEL = 'isnet';
const WHITE = { r: 255, g: 255, b: 255 };
/** What a worker needs at its peak with the heaviest model of the catalogue and a 12-megapixel photo. */
const BYTES_PER_WORKER = 1.2e9;

/** Adds the flags of `run` to a command. */
export function addRunFlags(command: Command): Command {
  return command
    .option('--model <id|folder>', 'a model of `npm run model -- list`, or a folder of yours', DEFAULT_MODEL)
    .addOption(
      new Option('--format <format>', 'png, webp, avif or jpeg (default: png)').choices([
        'png',
        'webp',
        'avif',
        'jpeg',
      ]),
    )
    .option('--quality <1-100>', 'of webp, avif and jpeg', wholeNumber(1, 100))
    .option('--background <colour>', 'transparent, white or #rrggbb (default: transparent; jpeg: white)', colour)
    .option('--only-mask', 'write the mask instead of the cutout')
    .addOption(
      new Option('--alpha <flatten|keep>', "what to do with a photo's own transparency (default: flatten)").choices([
        'flatten',
        'keep',
      ]),
    )
    .option('--workers <n>', 'photos at once (default: as cores and memory allow)', wholeNumber(1, 256))
    .option('--threads <n>', 'threads of a worker', wholeNumber(1, 256), 1)
    .option('--max-megapixels <n>', 'larger photos are rejected', wholeNumber(1, 10_000), 100)
    .option(
      '--timeout <seconds>',
      'a batch of photos that takes longer is tried again',
      wholeNumber(1, 900),
      QUEUE_SETTINGS.functionTimeoutSeconds,
    )
    .option('--watch', 'go on with photos that are added or changed, until Ctrl-C')
    .option('--json', 'one JSON object a photo on stdout, and one with the totals at the end')
    .option('--verbose', "show the workers' log");
}

/**
 * What to make of photos whose key names no preset.
 *
 * @throws {Error} in one line when the flags contradict each other.
 */
export function presetOf(flags: RunFlags): Preset {
  const { format = 'png', quality, onlyMask = false, alpha } = flags;
  const transparent = BUILT_IN_PRESETS.get('transparent');
  const isPlain = [flags.format, quality, flags.background, flags.onlyMask, alpha].every((flag) => flag === undefined);
  if (isPlain && transparent !== undefined) return transparent;
  if (quality !== undefined && format === 'png') {
    throw new Error('Expected --format webp, avif or jpeg with --quality: png loses nothing');
  }
  const preset = Preset.safeParse({
    id: 'custom',
    content: onlyMask ? 'mask' : 'cutout',
    background: flags.background ?? (format === 'jpeg' && !onlyMask ? WHITE : 'transparent'),
    format,
    ...(quality === undefined ? {} : { quality }),
    ...(alpha === undefined ? {} : { existingAlpha: alpha }),
  });
  if (!preset.success) throw new Error(preset.error.issues.map((issue) => issue.message).join('; '));
  return preset.data;
}

/** Width x height that is still decoded. */
export function maxPixelsOf({ maxMegapixels }: RunFlags): number {
  return maxMegapixels * 1e6;
}

/** One worker a core, unless memory is short. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(process.availableMemory() / BYTES_PER_WORKER)));
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function colour(text: string): Preset['background'] {
  if (text === 'transparent') return text;
  if (text === 'white') return WHITE;
  const [, r, g, b] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (r === undefined || g === undefined || b === undefined) {
    throw new InvalidArgumentError('Expected transparent, white or a colour like #f5f5f5.');
  }
  return { r: Number.parseInt(r, 16), g: Number.parseInt(g, 16), b: Number.parseInt(b, 16) };
}
