import { fingerprint } from '../contract/fingerprint.ts';
import type { CutoutJob } from '../contract/job.ts';
import { cutoutKey } from '../contract/output-keys.ts';
import type { Preset } from '../contract/preset.ts';
import { choosePreset, type UnknownPreset } from '../contract/preset-choice.ts';
import type { PhotoRecord, RejectionCode } from '../contract/record.ts';
import { cutOut } from '../imaging/cutout.ts';
import { type PhotoLimits, refuseTooManyBytes } from '../imaging/decode.ts';
import { ImagingError } from '../imaging/errors.ts';
import type { Network } from '../imaging/segment.ts';
import type { Workspace } from '../imaging/workspace.ts';
import { commitRecord, isSettled, readRecord, type SeenRecord, writeUnlessSuperseded } from './commit.ts';
import type { PhotoStore, PhotoVersion } from './photo-store.ts';
import { doneRecord, outputFacts, type RecordContext, rejectedRecord } from './records.ts';
import { Stopwatch } from './stopwatch.ts';

export interface ProcessDeps {
  readonly store: PhotoStore;
  readonly segmenter: Network;
  readonly workspace: Workspace;
  readonly presets: ReadonlyMap<string, Preset>;
  readonly defaultPreset: Preset;
  readonly limits: PhotoLimits;
  /** Milliseconds of any steady clock. */
  readonly nowMs: () => number;
}

/** What became of one job. `unchanged` and `superseded` wrote nothing. */
export type Outcome =
  | { readonly outcome: 'done' | 'rejected' | 'unchanged'; readonly record: PhotoRecord }
  | { readonly outcome: 'superseded' };

const SUPERSEDED: Outcome = { outcome: 'superseded' };

/** One job on its way: what its photo and record looked like when work began. */
interface Work {
  readonly job: CutoutJob;
  readonly deps: ProcessDeps;
  readonly before: SeenRecord | null;
  readonly watch: Stopwatch;
  readonly context: Omit<RecordContext, 'timesMs'>;
}

/**
 * Cuts out one photo and leaves exactly one record of it, however often and by however many workers it is called.
 *
 * The order matters: what the results look like now is read before the photo is, so that a conditional write can only
 * succeed for a worker that has seen the newest photo (see `writeUnlessSuperseded`).
 *
 * @param attempt Delivery count of the job's message, from 1.
 * @throws {StoreError} and anything else that is worth another try. A photo that can never succeed does not throw.
 */
export async function processJob(job: CutoutJob, attempt: number, deps: ProcessDeps): Promise<Outcome> {
  const { store, segmenter } = deps;
  const before = await readRecord(store, job.key);
  const version = await store.photoVersion(job);
  // A late duplicate of an event whose photo was since removed: what was made of it stays.
  if (version === null && before !== null) return SUPERSEDED;

  const metadata = version?.metadata ?? {};
  const preset = choosePreset({ job, metadata, known: deps.presets, fallback: deps.defaultPreset });
  const photo = version ?? { etag: '', sizeBytes: 0 };
  const print = fingerprint({ etag: photo.etag, preset, modelSha256: segmenter.manifest.sha256 });
  if (before?.record && (await isSettled(before.record, print, store))) {
    return { outcome: 'unchanged', record: before.record };
  }

  const presetId = 'unknown' in preset ? preset.unknown : preset.id;
  const context = { job, segmenter, preset: presetId, fingerprint: print, attempt, photo };
  const work: Work = { job, deps, before, watch: new Stopwatch(deps.nowMs), context };
  const refusal = refuse(job, { version, preset, deps });
  if (refusal !== null) return await reject(work, refusal);
  return 'unknown' in preset ? SUPERSEDED : await cutOutPhoto(work, preset);
}

interface Refusal {
  readonly code: RejectionCode;
  readonly message: string;
}

/** What can be said of a job without reading its photo. */
function refuse(
  job: CutoutJob,
  { version, preset, deps }: { version: PhotoVersion | null; preset: Preset | UnknownPreset; deps: ProcessDeps },
): Refusal | null {
  if (version === null) {
    return {
      code: 'source_missing',
      message: `Expected a photo at "${job.key}", got nothing: it was removed before its turn came.`,
    };
  }
  if ('unknown' in preset) {
    const known = [...deps.presets.keys()].join(', ');
    return { code: 'unknown_preset', message: `Expected a known preset (${known}), got "${preset.unknown}".` };
  }
  const { id } = deps.segmenter.manifest;
  if (job.model !== undefined && job.model !== id) {
    return {
      code: 'model_unavailable',
      message: `Expected the model these workers carry ("${id}"), got a job for "${job.model}".`,
    };
  }
  return null;
}

async function cutOutPhoto(work: Work, preset: Preset): Promise<Outcome> {
  const { job, deps, watch } = work;
  const { store, segmenter, workspace, limits } = deps;
  const outputKey = cutoutKey(job.key, preset.format);
  const expected = await store.resultEtag(outputKey);
  const tooLarge = await rejectable(async () => refuseTooManyBytes(work.context.photo.sizeBytes, limits.maxBytes));
  if (tooLarge instanceof ImagingError) return await reject(work, tooLarge);
  const photo = await watch.stage('read', () => store.readPhoto(job));
  if (photo === null || photo.etag !== work.context.photo.etag) {
    // Replaced or removed in between: its own event is on the way, but may be older than this one, so look once more.
    return await processJob(job, work.context.attempt, deps);
  }

  const cutout = await rejectable(() =>
    cutOut(photo.bytes, { segmenter, preset, limits, workspace, stage: watch.stage }),
  );
  if (cutout instanceof ImagingError) return await reject(work, cutout);

  const { file } = cutout;
  const write = { job, etag: photo.etag, key: outputKey, bytes: file.bytes, contentType: file.contentType, expected };
  const isWritten = await watch.stage('write', () => writeUnlessSuperseded(store, write));
  if (!isWritten) return SUPERSEDED;
  const record = doneRecord({ ...work.context, timesMs: watch.timesMs }, cutout, [outputFacts(job, preset, file)]);
  return (await commitRecord(store, { record, before: work.before, job })) ? { outcome: 'done', record } : SUPERSEDED;
}

async function rejectable<T>(run: () => Promise<T>): Promise<T | ImagingError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ImagingError) return error;
    throw error;
  }
}

async function reject(work: Work, refusal: Refusal): Promise<Outcome> {
  const record = rejectedRecord({ ...work.context, timesMs: work.watch.timesMs }, refusal);
  const isWritten = await commitRecord(work.deps.store, { record, before: work.before, job: work.job });
  return isWritten ? { outcome: 'rejected', record } : SUPERSEDED;
}
