import type { Command } from 'commander';
import type { Preset } from '#functions/contract/preset.ts';
import { presetsOf } from './preset-flags.ts';
import { addRunFlags, type RunFlags } from './run-flags.ts';
import { UsageError } from './usage-error.ts';

const SAMPLE_TARGET = 'sample-cutouts';

const EXAMPLES = `
Examples:
  cutline run photos cutouts                        every photo of a folder and its subfolders, as PNG
  cutline run photos cutouts --format jpg           on white
  cutline run photos cutouts --preset amazon --preset google    ready to list, checked against each shop's rules
  cutline run photos cutouts --crop --crop-margin 10%           cropped to the subject
  cutline run photos cutouts --size 1200x1200 --scale 80% --background '#f5f5f5' --shadow contact
  cutline run photos cutouts --roi '20% 0% 80% 100%'            only what stands in the middle
  cutline run photos cutouts --background-image wall.jpg --scale 70% --position '50%,100%'
  cutline run photos cutouts --channels alpha       the masks
  cutline run photos cutouts --model fast --escalate quality     the big one only where the fast one is in doubt
  cutline run photos cutouts --watch                go on with new photos as they arrive
  cutline run shoe.jpg - > shoe.png                 one photo
  curl -s $URL | cutline run - - --format webp > shoe.webp

Killed or interrupted, the same command goes on where it stopped.
Exit codes: 0 all done, 1 some photos rejected or failed, 2 wrong usage, 130 interrupted.`;

/** Adds `cutline run SRC DST`. */
export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('cut out a folder of photos, or one photo')
    .argument('<SRC>', 'a folder of photos; for one photo, its file or - for stdin')
    .argument('<DST>', 'the folder for cutouts, records and the report; for one photo - for stdout');
  addRunFlags(command)
    .addHelpText('after', EXAMPLES)
    .action((src: string, dst: string, flags: RunFlags) => run(src, dst, flags));
}

/** Adds `cutline start [SRC DST]`, which is `npm start`. */
export function registerStart(program: Command): void {
  const command = program
    .command('start')
    .description(`cut out the sample catalogue into ./${SAMPLE_TARGET}, or, given two folders, the same as run`)
    .argument('[SRC]', 'a folder of photos')
    .argument('[DST]', 'the folder for cutouts, records and the report');
  addRunFlags(command)
    .addHelpText('after', EXAMPLES)
    .action(async (src: string | undefined, dst: string | undefined, flags: RunFlags) => {
      if (src !== undefined && dst === undefined) throw new UsageError('Expected SRC and DST, got only one folder');
      if (src !== undefined && dst !== undefined) return run(src, dst, flags);
      const { ensureSample } = await import('./sample-catalogue.ts');
      const { photos } = await ensureSample({ onProgress: (message) => console.error(`${message} ...`) });
      return run(photos, SAMPLE_TARGET, flags);
    });
}

/** What does the work is loaded here: half a second that `--help` and a wrong flag need not wait for. */
async function run(src: string, dst: string, flags: RunFlags): Promise<void> {
  const presets = await presetsFrom(flags);
  if (src === '-' && dst !== '-') throw new UsageError('Expected - for DST, too, when the photo comes from stdin');
  if (dst === '-') {
    if (process.stdout.isTTY) throw new UsageError('Expected stdout to go to a file or a program, got a terminal');
    const { runOne } = await import('./run-one.ts');
    return runOne(src, presets, flags);
  }
  const { runFolder } = await import('./run-folder.ts');
  process.exitCode = await runFolder({ src, dst, presets }, flags);
}

async function presetsFrom(flags: RunFlags): Promise<readonly Preset[]> {
  try {
    return await presetsOf(flags);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
