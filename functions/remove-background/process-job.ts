import { fingerprint } from '../contract/fingerprint.ts';
import type { CutoutJob } from '../contract/job.ts';
import { renditionKeys } from '../contract/output-keys.ts';
import { toldByMetadata } from '../contract/photo-metadata.ts';
import { hashOf, type Preset } from '../contract/preset.ts';
import { choosePresets, type UnknownPreset } from '../contract/preset-choice.ts';
import type { Judging, PhotoRecord, RejectionCode } from '../contract/record.ts';
import { THRESHOLD_DEFAULTS, type Thresholds } from '../imaging/assess.ts';
import { cutOut } from '../imaging/cutout.ts';
import { type PhotoLimits, refuseTooManyBytes } from '../imaging/decode.ts';
import { ImagingError } from '../imaging/errors.ts';
import type { RgbImage } from '../imaging/raster.ts';
import type { Rendition } from '../imaging/render.ts';
import type { Network } from '../imaging/segment.ts';
import type { Workspace } from '../imaging/workspace.ts';
import { commitRecord, isSettled, readRecord, type SeenRecord, writeUnlessSuperseded } from './commit.ts';
import type { PhotoStore, PhotoVersion } from './photo-store.ts';
import { doneRecord, outputFacts, type RecordContext, rejectedRecord } from './records.ts';
import { Stopwatch } from './stopwatch.ts';

export interface ProcessDeps {
  readonly store: PhotoStore;
  readonly segmenter: Network;
  /** A bigger network for what the first leaves in doubt. @default none */
  readonly escalation?: Network | null;
  /** @default THRESHOLD_DEFAULTS */
  readonly thresholds?: Partial<Thresholds>;
  readonly workspace: Workspace;
  readonly presets: ReadonlyMap<string, Preset>;
  /** At least one. */
  readonly defaultPresets: readonly Preset[];
  /** Pictures that presets name as their background, by path. @default none */
  readonly backdrops?: ReadonlyMap<string, RgbImage>;
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
  const presets = choosePresets({ job, metadata, known: deps.presets, fallback: deps.defaultPresets });
  const photo = version ?? { etag: '', sizeBytes: 0 };
  const modelSha256 = segmenter.manifest.sha256;
  const judging = judgingOf(job, deps);
  const print = fingerprint({ etag: photo.etag, presets, modelSha256, judging });
  if (before?.record && (await isSettled(before.record, print, store))) {
    return { outcome: 'unchanged', record: before.record };
  }

  const preset = 'unknown' in presets ? presets.unknown : presets.map(({ id }) => id).join(',');
  const context = {
    job: { ...toldByMetadata(metadata), ...job },
    segmenter,
    preset,
    fingerprint: print,
    judging,
    attempt,
    photo,
  };
  const work: Work = { job, deps, before, watch: new Stopwatch(deps.nowMs), context };
  const refusal = refuse(job, { version, presets, deps });
  if (refusal !== null) return await reject(work, refusal);
  return 'unknown' in presets ? SUPERSEDED : await cutOutPhoto(work, presets);
}

/** The network that a job's doubtful photo goes through, too. */
function escalationOf({ escalate }: CutoutJob, { escalation = null }: ProcessDeps): Network | null {
  return escalate === 'none' ? null : escalation;
}

function judgingOf(job: CutoutJob, deps: ProcessDeps): Judging {
  const escalation = escalationOf(job, deps);
  const networks = escalation === null ? [deps.segmenter] : [deps.segmenter, escalation];
  return {
    ...THRESHOLD_DEFAULTS,
    ...deps.thresholds,
    calibrationSha256: hashOf(networks.map(({ manifest }) => manifest.confidence ?? null)),
    escalationSha256: escalation?.manifest.sha256 ?? null,
  };
}

interface Refusal {
  readonly code: RejectionCode;
  readonly message: string;
}

/** What can be said of a job without reading its photo. */
function refuse(
  job: CutoutJob,
  {
    version,
    presets,
    deps,
  }: { version: PhotoVersion | null; presets: readonly Preset[] | UnknownPreset; deps: ProcessDeps },
): Refusal | null {
  if (version === null) {
    return {
      code: 'source_missing',
      message: `Expected a photo at "${job.key}", got nothing: it was removed before its turn came.`,
    };
  }
  if ('unknown' in presets) {
    const known = [...deps.presets.keys()].join(', ');
    return { code: 'unknown_preset', message: `Expected a known preset (${known}), got "${presets.unknown}".` };
  }
  const missing = presets.map(pictureOf).find((image) => image !== null && !deps.backdrops?.has(image));
  if (missing !== undefined) {
    return {
      code: 'background_missing',
      message: `Expected a background picture that these workers carry, got "${missing}".`,
    };
  }
  const { id } = deps.segmenter.manifest;
  if (job.model !== undefined && job.model !== id) {
    return {
      code: 'model_unavailable',
      message: `Expected the model these workers carry ("${id}"), got a job for "${job.model}".`,
    };
  }
  const bigger = deps.escalation?.manifest.id ?? 'none';
  if (job.escalate !== undefined && job.escalate !== 'none' && job.escalate !== bigger) {
    return {
      code: 'model_unavailable',
      message: `Expected the bigger model these workers carry ("${bigger}"), got a job for "${job.escalate}".`,
    };
  }
  return null;
}

function pictureOf({ background }: Preset): string | null {
  return background !== 'transparent' && 'image' in background ? background.image : null;
}

async function cutOutPhoto(work: Work, presets: readonly Preset[]): Promise<Outcome> {
  const { job, deps, watch } = work;
  const { store, limits } = deps;
  const seen: SeenOutput[] = [];
  for (const key of renditionKeys(job.key, presets)) seen.push({ key, etag: await store.resultEtag(key) });
  const tooLarge = await rejectable(async () => refuseTooManyBytes(work.context.photo.sizeBytes, limits.maxBytes));
  if (tooLarge instanceof ImagingError) return await reject(work, tooLarge);
  const photo = await watch.stage('read', () => store.readPhoto(job));
  if (photo === null || photo.etag !== work.context.photo.etag) {
    // Replaced or removed in between: its own event is on the way, but may be older than this one, so look once more.
    return await processJob(job, work.context.attempt, deps);
  }

  const escalation = escalationOf(job, deps);
  const cutout = await rejectable(() => cutOut(photo.bytes, { ...deps, escalation, presets, stage: watch.stage }));
  if (cutout instanceof ImagingError) return await reject(work, cutout);

  const isWritten = await watch.stage('write', () => writeOutputs(work, seen, cutout.renditions));
  if (!isWritten) return SUPERSEDED;
  const outputs = cutout.renditions.map((rendition, i) => outputFacts(seen[i]?.key ?? '', rendition));
  const record = doneRecord({ ...work.context, timesMs: watch.timesMs }, cutout, outputs);
  return (await commitRecord(store, { record, before: work.before, job })) ? { outcome: 'done', record } : SUPERSEDED;
}

/** A result's place, and the ETag of what was there before the photo was read. */
interface SeenOutput {
  readonly key: string;
  readonly etag: string | null;
}

/** Writes one rendition after the other. @returns False as soon as one finds that the photo was replaced. */
async function writeOutputs(
  { job, deps, context }: Work,
  seen: readonly SeenOutput[],
  renditions: readonly Rendition[],
): Promise<boolean> {
  for (const [i, { key, etag }] of seen.entries()) {
    const file = renditions[i]?.file;
    if (file === undefined) throw new Error(`Expected a rendition for "${key}", got none`);
    const { bytes, contentType } = file;
    const write = { job, etag: context.photo.etag, key, bytes, contentType, expected: etag };
    if (!(await writeUnlessSuperseded(deps.store, write))) return false;
  }
  return true;
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
