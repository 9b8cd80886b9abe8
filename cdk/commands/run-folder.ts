import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Preset } from '#functions/contract/preset.ts';
import { doubtEnvironment } from '../doubt-environment.ts';
import { requireSource } from '../local/run-folders.ts';
import { type RunOutcome, runLocal } from '../local/run-local.ts';
import { asEnded, noteRun, type RunNote, readRunNote, readTarget } from '../local/target.ts';
import { writeReport } from '../report/write-report.ts';
import { doubtSettings } from './doubt-settings.ts';
import { findModel } from './find-model.ts';
import { onInterrupt } from './interrupt.ts';
import { defaultWorkers, maxPixelsOf, type RunFlags } from './run-flags.ts';
import { startRunProgress } from './run-progress.ts';
import { describeRun, photoJson, totalsOf } from './run-summary.ts';

export interface FolderRun {
  readonly src: string;
  readonly dst: string;
  /** What is made of each photo, of one decode and one segmentation. */
  readonly presets: readonly Preset[];
  /** Only these photos; the report is of all. @default all */
  readonly only?: ReadonlySet<string>;
}

const HANDLER = fileURLToPath(new URL('../../functions/remove-background/handler.ts', import.meta.url));
const EXIT = { done: 0, incomplete: 1, interrupted: 130 } as const;

/** Cuts out a folder with progress on stderr and, at the end, the report. @returns The exit code. */
export async function runFolder({ presets, only, ...given }: FolderRun, flags: RunFlags): Promise<number> {
  // Before the model, which may have to be fetched.
  await requireSource(given.src);
  const { src, dst } = { src: resolve(given.src), dst: resolve(given.dst) };
  const model = await findModel(flags.model);
  const doubt = await doubtSettings(flags);
  const progress = startRunProgress();
  const interrupt = onInterrupt(() =>
    progress.say('Finishing the photos in hand. Press Ctrl-C again to stop at once; nothing is lost.'),
  );
  const note = { src, startedAt: new Date().toISOString(), presets: [...presets], flags: noted(flags) };
  try {
    const outcome = await runLocal({
      src,
      dst,
      only,
      handlerPath: HANDLER,
      workerEnv: {
        ...workerEnvironment({ src, dst, presets }, model.folder, flags),
        ...doubtEnvironment(doubt),
      },
      workers: flags.workers ?? defaultWorkers(),
      timeoutMs: flags.timeout * 1000,
      watch: flags.watch ?? false,
      signal: interrupt.signal,
      observer: {
        // A run of some photos leaves what is known of all.
        ...(only === undefined ? { onStart: () => noteRun(dst, note) } : {}),
        onProgress: progress.update,
        ...(flags.json ? { onPhoto: (photo) => console.log(photoJson(photo)) } : {}),
        ...(flags.verbose ? { onWorkerLine: progress.say } : {}),
      },
    });
    progress.stop();
    await conclude(only === undefined ? outcome : await amongAll(outcome, dst), { src, dst, flags });
    return exitCode(outcome);
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

/** What is needed to do the same again. */
function noted(flags: RunFlags): RunNote['flags'] {
  const { model, escalate, reviewBelow, rejectBelow, workers, threads, maxMegapixels, timeout } = flags;
  const always = { model, reviewBelow, rejectBelow, threads, maxMegapixels, timeout };
  return { ...always, ...(workers === undefined ? {} : { workers }), ...(escalate === undefined ? {} : { escalate }) };
}

/** A run of some photos as part of the folder's whole account. */
async function amongAll(outcome: RunOutcome, dst: string): Promise<RunOutcome> {
  const note = await readRunNote(dst);
  const known = note === null ? [] : await readTarget(dst, note);
  const photos = new Map(known.map((photo) => [photo.key, asEnded(photo)]));
  for (const photo of outcome.photos) photos.set(photo.key, photo);
  return { ...outcome, photos: [...photos.values()] };
}

function workerEnvironment({ src, dst, presets }: FolderRun, modelFolder: string, flags: RunFlags) {
  return {
    CUTLINE_STORE: 'folder',
    CUTLINE_PHOTOS: src,
    CUTLINE_CUTOUTS: dst,
    CUTLINE_MODEL_FOLDER: modelFolder,
    CUTLINE_PRESET: JSON.stringify(presets),
    CUTLINE_THREADS: String(flags.threads),
    CUTLINE_MAX_PIXELS: String(maxPixelsOf(flags)),
    // Progress and reasons are read from the log: one JSON object a line, nothing left out.
    POWERTOOLS_DEV: 'false',
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
}

/** The report and what the terminal says of it. A run that was cut short is not reported: it is about to go on. */
async function conclude(
  outcome: RunOutcome,
  { src, dst, flags }: { readonly src: string; readonly dst: string; readonly flags: RunFlags },
): Promise<void> {
  const { photos, startedAt, endedAt, stop } = outcome;
  const isReported = stop === null || (flags.watch === true && stop.code === 'interrupted');
  if (isReported) {
    console.error('Writing the report ...');
    await writeReport({ src, dst, photos, startedAt, endedAt });
  }

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
