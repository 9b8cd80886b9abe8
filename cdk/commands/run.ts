import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { Preset } from '#functions/contract/preset.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { startProgress } from '#models/commands/progress-line.ts';
import { ModelError } from '#models/errors.ts';
import { ensureModel } from '#models/fetch.ts';
import type { PackedModel } from '#models/pack.ts';
import { requireSource } from '../local/run-folders.ts';
import { type RunOutcome, runLocal } from '../local/run-local.ts';
import { writeReport } from '../report/write-report.ts';
import { onInterrupt } from './interrupt.ts';
import { addRunFlags, defaultWorkers, presetOf, type RunFlags } from './run-flags.ts';
import { runOne } from './run-one.ts';
import { startRunProgress } from './run-progress.ts';
import { describeRun, photoJson, totalsOf } from './run-summary.ts';
import { ensureSample } from './sample-catalogue.ts';
import { UsageError } from './usage-error.ts';

const HANDLER = fileURLToPath(new URL('../../functions/remove-background/handler.ts', import.meta.url));
const SAMPLE_TARGET = 'sample-cutouts';
const EXIT = { done: 0, incomplete: 1, interrupted: 130 } as const;

const EXAMPLES = `
Examples:
  cutline run photos cutouts                        every photo of a folder and its subfolders, as PNG
  cutline run photos cutouts --format jpeg          on white
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
      const { photos } = await ensureSample({ onProgress: (message) => console.error(`${message} ...`) });
      return run(photos, resolve(SAMPLE_TARGET), flags);
    });
}

async function run(src: string, dst: string, flags: RunFlags): Promise<void> {
  const preset = presetFrom(flags);
  if (src === '-' && dst !== '-') throw new UsageError('Expected - for DST, too, when the photo comes from stdin');
  if (dst === '-') return await runToStdout(src, flags, preset);
  // Before the model, which may have to be fetched.
  await requireSource(src);
  const model = await findModel(flags.model);
  process.exitCode = await runFolder({ src: resolve(src), dst: resolve(dst), model, preset }, flags);
}

function presetFrom(flags: RunFlags): Preset {
  try {
    return presetOf(flags);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function findModel(idOrFolder: string): Promise<PackedModel> {
  const progress = startProgress(idOrFolder);
  try {
    return await ensureModel(idOrFolder, { onProgress: progress.report });
  } catch (error) {
    if (error instanceof ModelError && error.code === 'unknown_model') throw new UsageError(error.message);
    throw error;
  } finally {
    progress.stop();
  }
}

async function runToStdout(source: string, flags: RunFlags, preset: Preset): Promise<void> {
  if (process.stdout.isTTY) throw new UsageError('Expected stdout to go to a file or a program, got a terminal');
  const limits = { maxBytes: PHOTO_LIMITS_DEFAULTS.maxBytes, maxPixels: maxPixelsOf(flags) };
  const model = await findModel(flags.model);
  const bytes = await runOne({ source, model, preset, limits, threads: flags.threads });
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}

interface FolderRun {
  readonly src: string;
  readonly dst: string;
  readonly model: PackedModel;
  readonly preset: Preset;
}

async function runFolder({ src, dst, model, preset }: FolderRun, flags: RunFlags): Promise<number> {
  const progress = startRunProgress();
  const interrupt = onInterrupt(() =>
    progress.say('Finishing the photos in hand. Press Ctrl-C again to stop at once; nothing is lost.'),
  );
  try {
    const outcome = await runLocal({
      src,
      dst,
      handlerPath: HANDLER,
      workerEnv: workerEnvironment({ src, dst, model, preset }, flags),
      workers: flags.workers ?? defaultWorkers(),
      timeoutMs: flags.timeout * 1000,
      watch: flags.watch ?? false,
      signal: interrupt.signal,
      observer: {
        onProgress: progress.update,
        ...(flags.json ? { onPhoto: (photo) => console.log(photoJson(photo)) } : {}),
        ...(flags.verbose ? { onWorkerLine: progress.say } : {}),
      },
    });
    progress.stop();
    await conclude(outcome, { src, dst, flags });
    return exitCode(outcome);
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

function workerEnvironment({ src, dst, model, preset }: FolderRun, flags: RunFlags): Record<string, string> {
  return {
    CUTLINE_STORE: 'folder',
    CUTLINE_PHOTOS: src,
    CUTLINE_CUTOUTS: dst,
    CUTLINE_MODEL_FOLDER: model.folder,
    CUTLINE_PRESET: JSON.stringify(preset),
    CUTLINE_THREADS: String(flags.threads),
    CUTLINE_MAX_PIXELS: String(maxPixelsOf(flags)),
    // Progress and reasons are read from the log: one JSON object a line, nothing left out.
    POWERTOOLS_DEV: 'false',
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
}

function maxPixelsOf({ maxMegapixels }: RunFlags): number {
  return maxMegapixels === undefined ? PHOTO_LIMITS_DEFAULTS.maxPixels : maxMegapixels * 1e6;
}

/** The report and what the terminal says of it. A run that was cut short is not reported: it is about to go on. */
async function conclude(
  outcome: RunOutcome,
  { src, dst, flags }: { readonly src: string; readonly dst: string; readonly flags: RunFlags },
): Promise<void> {
  const { photos, startedAt, endedAt, stop } = outcome;
  const isReported = stop === null || (flags.watch === true && stop.code === 'interrupted');
  if (isReported) await writeReport({ src, dst, photos, startedAt, endedAt });

  const report = isReported ? join(dst, 'report.html') : null;
  if (flags.json) console.log(JSON.stringify({ totals: totalsOf(photos), report }));
  else if (isReported)
    console.log(`${describeRun(photos, endedAt.getTime() - startedAt.getTime())}\nReport: ${report}`);
  if (stop !== null) console.error(`${totalsOf(photos).done} of ${photos.length} photos are done. ${stop.message}`);
}

function exitCode({ photos, stop }: RunOutcome): number {
  if (stop?.code === 'interrupted') return EXIT.interrupted;
  return photos.every((photo) => photo.status === 'done') ? EXIT.done : EXIT.incomplete;
}
