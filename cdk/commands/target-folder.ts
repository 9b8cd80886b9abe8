import { join, resolve } from 'node:path';
import type { Preset } from '#functions/contract/preset.ts';
import { describeProgress, progressOf } from '../batch/batch-progress.ts';
import { asEnded, type RunNote, readRunNote, readTarget, targetSources } from '../local/target.ts';
import { photoCount } from '../report/words.ts';
import { writeReport } from '../report/write-report.ts';
import type { CloudFlags } from './cloud-flags.ts';

/** A folder that `cutline run` worked on, in the place of a batch's id. */
export interface Target {
  readonly dst: string;
  readonly note: RunNote;
}

/** Which photos of a folder to do again. */
export interface TargetChoice {
  readonly failed: boolean;
  readonly review: boolean;
  readonly changed: boolean;
  readonly preset: Preset | undefined;
}

/** @returns The folder, or null where the text is a batch's id: that of an emulator's batch always is. */
export async function findTarget(text: string, { endpoint }: CloudFlags): Promise<Target | null> {
  if (endpoint !== undefined) return null;
  const dst = resolve(text);
  const note = await readRunNote(dst);
  return note === null ? null : { dst, note };
}

/** Says how far the run is. @returns Whether every photo has ended, and whether every one is done. */
export async function printTargetStatus(
  { dst, note }: Target,
  isJson: boolean,
): Promise<{ ended: boolean; done: boolean }> {
  const outcomes = await readTarget(dst, note);
  const manifest = { submittedAt: note.startedAt };
  const progress = progressOf(outcomes, { manifest, place: null, nowMs: Date.now() });
  console.log(isJson ? JSON.stringify(progress) : describeProgress(progress));
  return { ended: progress.waiting === 0, done: progress.done === progress.photos };
}

/** Writes the report of all photos as they are now into the folder. @returns Whether every photo is done. */
export async function reportTarget(
  { dst, note }: Target,
  { pictures }: { readonly pictures: number },
): Promise<boolean> {
  const outcomes = await readTarget(dst, note);
  const lastMs = outcomes.reduce((latest, { endedMs = 0 }) => Math.max(latest, endedMs), Date.parse(note.startedAt));
  const times = { startedAt: new Date(note.startedAt), endedAt: new Date(lastMs) };
  const photos = outcomes.map(asEnded);
  const [src = note.src, ...otherSrc] = await targetSources(dst, note);
  const { totals } = await writeReport({ src, otherSrc, dst, photos, ...times, maxFrames: pictures });
  console.log(
    `${photoCount(totals.photos)}: ${totals.done} done, ${totals.rejected} rejected, ${totals.failed} not finished`,
  );
  console.log(`Report: ${join(dst, 'report.html')}`);
  return totals.done === totals.photos;
}

/** Cuts out some photos of the folder again, as its run did or with another preset, and reports all. @returns The exit code. */
export async function retryTarget({ dst, note }: Target, choice: TargetChoice): Promise<number> {
  const { failed, review, changed, preset } = choice;
  const outcomes = await readTarget(dst, note);
  const chosen = outcomes.filter(
    ({ status, record }) =>
      (changed && (status === 'done' || status === 'rejected')) ||
      (review && record?.status === 'done' && record.verdict !== 'ok') ||
      (failed && (status === 'failed' || status === 'waiting')),
  );
  if (chosen.length === 0) {
    console.log(`${photoCount(0)} to do again`);
    return 0;
  }
  const presets = preset === undefined ? note.presets : [preset];
  const { runFolder } = await import('./run-folder.ts');
  let exitCode = 0;
  for (const [src, photos] of Map.groupBy(chosen, (photo) => photo.src)) {
    const only = new Set(photos.map(({ key }) => key));
    exitCode = Math.max(exitCode, await runFolder({ src, dst, presets, only }, toFlags(note)));
  }
  return exitCode;
}

/** The note's flags, with nothing said where nothing was. */
function toFlags({ flags: { workers, escalate, ...flags } }: RunNote) {
  return { ...flags, ...(workers === undefined ? {} : { workers }), ...(escalate === undefined ? {} : { escalate }) };
}
