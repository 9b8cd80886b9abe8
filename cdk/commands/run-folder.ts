import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Preset } from '#functions/contract/preset.ts';
import { requireSource } from '../local/run-folders.ts';
import { type RunOutcome, runLocal } from '../local/run-local.ts';
import { writeReport } from '../report/write-report.ts';
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
}

const HANDLER = fileURLToPath(new URL('../../functions/remove-background/handler.ts', import.meta.url));
const EXIT = { done: 0, incomplete: 1, interrupted: 130 } as const;

/** Cuts out a folder with progress on stderr and, at the end, the report. @returns The exit code. */
export async function runFolder({ presets, ...given }: FolderRun, flags: RunFlags): Promise<number> {
  // Before the model, which may have to be fetched.
  await requireSource(given.src);
  const { src, dst } = { src: resolve(given.src), dst: resolve(given.dst) };
  const model = await findModel(flags.model);
  const bigger = flags.escalate === undefined ? null : await findModel(flags.escalate);
  const progress = startRunProgress();
  const interrupt = onInterrupt(() =>
    progress.say('Finishing the photos in hand. Press Ctrl-C again to stop at once; nothing is lost.'),
  );
  try {
    const outcome = await runLocal({
      src,
      dst,
      handlerPath: HANDLER,
      workerEnv: {
        ...workerEnvironment({ src, dst, presets }, model.folder, flags),
        ...(bigger === null ? {} : { CUTLINE_ESCALATE_FOLDER: bigger.folder }),
      },
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

function workerEnvironment({ src, dst, presets }: FolderRun, modelFolder: string, flags: RunFlags) {
  return {
    CUTLINE_STORE: 'folder',
    CUTLINE_PHOTOS: src,
    CUTLINE_CUTOUTS: dst,
    CUTLINE_MODEL_FOLDER: modelFolder,
    CUTLINE_PRESET: JSON.stringify(presets),
    CUTLINE_REVIEW_BELOW: String(flags.reviewBelow),
    CUTLINE_REJECT_BELOW: String(flags.rejectBelow),
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
