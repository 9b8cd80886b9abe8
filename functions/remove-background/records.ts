import { createHash } from 'node:crypto';
import type { CutoutJob } from '../contract/job.ts';
import type { DoneRecord, Judging, OutputFacts, RejectedRecord, RejectionCode } from '../contract/record.ts';
import type { Cutout } from '../imaging/cutout.ts';
import { TooDoubtfulError } from '../imaging/errors.ts';
import type { Rendition } from '../imaging/render.ts';
import type { Network } from '../imaging/segment.ts';
import { breaksRule } from '../imaging/verify.ts';

/** What both kinds of record say of the job they answer. */
export interface RecordContext {
  readonly job: CutoutJob;
  readonly segmenter: Pick<Network, 'manifest'>;
  /** The presets' ids, with commas. */
  readonly preset: string;
  readonly fingerprint: string;
  readonly judging: Judging;
  /** Delivery count, 1 the first time. */
  readonly attempt: number;
  readonly timesMs: Readonly<Record<string, number>>;
  /** The photo's ETag and size; an empty ETag where the photo was gone. */
  readonly photo: { readonly etag: string; readonly sizeBytes: number };
}

export function outputFacts(key: string, { preset, file, scale, isBelowMinimum, rules }: Rendition): OutputFacts {
  return {
    key,
    preset: preset.id,
    format: file.format,
    width: file.width,
    height: file.height,
    bytes: file.bytes.length,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
    ...(scale === undefined ? {} : { scale: Math.round(scale * 1e4) / 1e4 }),
    ...(isBelowMinimum ? { notes: ['below_min_resolution'] } : {}),
    ...(rules.length === 0 ? {} : { rules: [...rules] }),
  };
}

export function doneRecord(context: RecordContext, cutout: Cutout, outputs: readonly OutputFacts[]): DoneRecord {
  const { assessment, photo, renditions, model } = cutout;
  const isFaulty = renditions.some(({ rules }) => breaksRule(rules));
  const { source, ...common } = commonFields(context);
  // All share them.
  const first = renditions[0]?.preset;
  return {
    ...common,
    source: { ...source, ...photo },
    status: 'done',
    model,
    verdict: isFaulty ? 'review' : assessment.verdict,
    ...(first === undefined ? {} : { edges: first.edges, ...(first.roi === undefined ? {} : { roi: first.roi }) }),
    ...judgementOf(cutout),
    reasons: [...assessment.reasons, ...(isFaulty ? (['rule_failed'] as const) : [])],
    outputs: [...outputs],
  };
}

export function rejectedRecord(
  context: RecordContext,
  reason: { readonly code: RejectionCode; readonly message: string } | TooDoubtfulError,
): RejectedRecord {
  const { code, message } = reason;
  const judgement = reason instanceof TooDoubtfulError ? { judgement: judgementOf(reason.doubt) } : {};
  return {
    ...commonFields(context),
    status: 'rejected',
    verdict: 'rejected',
    code,
    message,
    ...judgement,
    outputs: [],
  };
}

function judgementOf({ assessment, escalation }: Pick<Cutout, 'assessment' | 'escalation'>) {
  const { confidence, reasons, mask, features } = assessment;
  return {
    confidence,
    reasons: [...reasons],
    mask,
    features,
    ...(escalation === undefined ? {} : { escalation }),
  };
}

function commonFields({ job, segmenter, preset, fingerprint, judging, attempt, timesMs, photo }: RecordContext) {
  const { bucket, key, sku, batchId } = job;
  const { id, sha256 } = segmenter.manifest;
  return {
    schema: 1 as const,
    source: { bucket, key, etag: photo.etag, bytes: photo.sizeBytes, ...(sku === undefined ? {} : { sku }) },
    model: { id, sha256 },
    preset,
    ...(batchId === undefined ? {} : { batchId }),
    fingerprint,
    judging,
    attempt,
    timesMs: { ...timesMs },
  };
}
