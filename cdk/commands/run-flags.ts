import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { THRESHOLD_DEFAULTS } from '#functions/imaging/assess.ts';
import { DEFAULT_MODEL, TIERS } from '#models/tiers.ts';
import { QUEUE_SETTINGS } from '../queue-settings.ts';
import { ratio, wholeNumber } from './flag-values.ts';
import { addPresetFlags, type PresetFlags } from './preset-flags.ts';

/** What is done about photos whose cutout is doubtful. */
export interface DoubtFlags {
  readonly escalate?: string;
  readonly reviewBelow: number;
  readonly rejectBelow: number;
}

/** The flags of `run`, as commander hands them over. */
export interface RunFlags extends PresetFlags, DoubtFlags {
  readonly model: string;
  readonly workers?: number;
  readonly threads: number;
  readonly maxMegapixels: number;
  readonly timeout: number;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** What a worker needs at its peak with the heaviest model of the catalogue and a 12-megapixel photo. */
const BYTES_PER_WORKER = 1.2e9;

/** Adds the flags of `run` to a command. */
export function addRunFlags(command: Command): Command {
  const withModel = addPresetFlags(command)
    .option(
      '--model <id|folder>',
      `${TIERS.join(', ')}, a model of \`npm run model -- list\` that is fetched, or a folder of yours`,
      DEFAULT_MODEL,
    )
    .optionsGroup('In doubt:');
  return addDoubtFlags(withModel)
    .optionsGroup('Options:')
    .option('--workers <n>', 'photos at once (default: as cores and memory allow)', wholeNumber(1, 256))
    .option('--threads <n>', 'threads of a worker', wholeNumber(1, 256), 1)
    .option('--max-megapixels <n>', 'larger photos are rejected', wholeNumber(1, 10_000), 100)
    .option(
      '--timeout <seconds>',
      'a photo that takes longer is tried again',
      wholeNumber(1, 900),
      QUEUE_SETTINGS.functionTimeoutSeconds,
    )
    .option('--watch', 'go on with photos that are added or changed, until Ctrl-C')
    .option('--json', 'one JSON object a photo on stdout, and one with the totals at the end')
    .option('--verbose', "show the workers' log");
}

/** Adds what is done about photos whose cutout is doubtful. */
export function addDoubtFlags(command: Command): Command {
  return command
    .option('--escalate <id|folder>', 'a bigger model that only doubtful photos go through, too; the surer mask stays')
    .option('--review-below <0-1>', 'less sure cutouts are marked for a person', ratio, THRESHOLD_DEFAULTS.reviewBelow)
    .option('--reject-below <0-1>', 'less sure photos get no cutout', ratio, THRESHOLD_DEFAULTS.rejectBelow);
}

/** Width x height that is still decoded. */
export function maxPixelsOf({ maxMegapixels }: RunFlags): number {
  return maxMegapixels * 1e6;
}

/** One worker a core, unless memory is short. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor(process.availableMemory() / BYTES_PER_WORKER)));
}
