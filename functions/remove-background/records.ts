import { createHash } from 'node:crypto';
import type { CutoutJob } from '../contract/job.ts';
import { cutoutKey } from '../contract/output-keys.ts';
import type { Preset } from '../contract/preset.ts';
import type { DoneRecord, OutputFacts, RejectedRecord, RejectionCode } from '../contract/record.ts';
import type { Cutout } from '../imaging/cutout.ts';
import type { EncodedFile } from '../imaging/encode.ts';
import type { Network } from '../imaging/segment.ts';

/** What both kinds of record say of the job they answer. */
export interface RecordContext {
  readonly job: CutoutJob;
  readonly segmenter: Pick<Network, 'manifest'>;
  /** The preset's id. */
  readonly preset: string;
  readonly fingerprint: string;
  /** Delivery count, 1 the first time. */
  readonly attempt: number;
  readonly timesMs: Readonly<Record<string, number>>;
  /** The photo's ETag and size; an empty ETag where the photo was gone. */
  readonly photo: { readonly etag: string; readonly sizeBytes: number };
}

export function outputFacts(job: Pick<CutoutJob, 'key'>, preset: Preset, file: EncodedFile): OutputFacts {
  return {
    key: cutoutKey(job.key, file.format),
    preset: preset.id,
    format: file.format,
    width: file.width,
    height: file.height,
    bytes: file.bytes.length,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
  };
}

export function doneRecord(context: RecordContext, cutout: Cutout, outputs: readonly OutputFacts[]): DoneRecord {
  const { assessment, photo } = cutout;
  const { source, ...common } = commonFields(context);
  return {
    ...common,
    source: { ...source, ...photo },
    status: 'done',
    verdict: assessment.verdict,
    confidence: assessment.confidence,
    reasons: [...assessment.reasons],
    mask: assessment.mask,
    outputs: [...outputs],
  };
}

export function rejectedRecord(
  context: RecordContext,
  reason: { readonly code: RejectionCode; readonly message: string },
): RejectedRecord {
  const { code, message } = reason;
  return { ...commonFields(context), status: 'rejected', verdict: 'rejected', code, message, outputs: [] };
}

function commonFields({ job, segmenter, preset, fingerprint, attempt, timesMs, photo }: RecordContext) {
  const { bucket, key, sku, batchId } = job;
  const { id, sha256 } = segmenter.manifest;
  return {
    schema: 1 as const,
    source: { bucket, key, etag: photo.etag, bytes: photo.sizeBytes, ...(sku === undefined ? {} : { sku }) },
    model: { id, sha256 },
    preset,
    ...(batchId === undefined ? {} : { batchId }),
    fingerprint,
    attempt,
    timesMs: { ...timesMs },
  };
}
