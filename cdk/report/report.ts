import { recordKey } from '#functions/contract/output-keys.ts';
import type { Decision, DoubtReason, Escalation, PhotoRecord } from '#functions/contract/record.ts';

/** How one input of a batch ended. */
export interface ReportInput {
  readonly key: string;
  readonly status: 'done' | 'rejected' | 'failed';
  /** Why, where the record does not say: a worker that died left none. */
  readonly code?: string;
  /** A sentence for the person who uploaded the photo. */
  readonly message?: string;
  /** The shop's own number, where the batch knows it and the record may not. */
  readonly sku?: string;
  /** What the worker wrote; absent where no attempt came that far. */
  readonly record?: PhotoRecord;
}

/** One photo's line of `report.json`. What does not apply is null, so that every line has the same fields. */
export interface ReportedPhoto {
  readonly key: string;
  readonly status: 'done' | 'rejected' | 'failed';
  readonly code: string | null;
  readonly message: string | null;
  readonly verdict: PhotoRecord['verdict'] | null;
  /** 0..1. */
  readonly confidence: number | null;
  readonly reasons: readonly DoubtReason[];
  /** What a bigger model said of it, where it was in doubt and there was one. */
  readonly escalation: Escalation | null;
  /** What a person said after looking at it. */
  readonly decision: Decision['verdict'] | null;
  readonly sku: string | null;
  readonly format: string | null;
  /** As displayed, in pixels. */
  readonly width: number | null;
  readonly height: number | null;
  readonly sourceBytes: number | null;
  /** Share of the frame that is subject, 0..1. */
  readonly coverage: number | null;
  readonly model: string | null;
  readonly preset: string | null;
  readonly attempt: number | null;
  /** Sum over the stages. */
  readonly totalMs: number | null;
  readonly timesMs: Readonly<Record<string, number>>;
  readonly outputs: PhotoRecord['outputs'];
  /** Where the record lies in DST. */
  readonly record: string | null;
}

export interface ReportTotals {
  readonly photos: number;
  readonly done: number;
  readonly rejected: number;
  readonly failed: number;
  /** How many of `done` should be looked at. */
  readonly review: number;
}

/** A whole batch: the file `report.json`. Its photos are sorted by key. */
export interface Report {
  readonly photos: readonly ReportedPhoto[];
  readonly totals: ReportTotals;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly wallMs: number;
}

/** Accounts for every input of a batch. */
export function buildReport(
  inputs: readonly ReportInput[],
  times: { readonly startedAt: Date; readonly endedAt: Date },
): Report {
  const photos = inputs.map(reportPhoto).sort(byKey);
  const count = (wanted: (photo: ReportedPhoto) => boolean) => photos.filter(wanted).length;
  return {
    photos,
    totals: {
      photos: photos.length,
      done: count((photo) => photo.status === 'done'),
      rejected: count((photo) => photo.status === 'rejected'),
      failed: count((photo) => photo.status === 'failed'),
      review: count((photo) => standing(photo) === 'review'),
    },
    startedAt: times.startedAt.toISOString(),
    endedAt: times.endedAt.toISOString(),
    wallMs: times.endedAt.getTime() - times.startedAt.getTime(),
  };
}

/** Where a photo stands in the eyes of the person who goes through the batch, worst first. */
export const STANDINGS = ['failed', 'rejected', 'review', 'done'] as const;
export type Standing = (typeof STANDINGS)[number];

export function standing(photo: ReportedPhoto): Standing {
  if (photo.status !== 'done' || photo.verdict === 'ok') return photo.status;
  return photo.verdict === 'rejected' ? 'rejected' : 'review';
}

/** Sorts what needs a person to the front: failed, rejected, then the least certain cutouts. */
export function worstFirst(photos: readonly ReportedPhoto[]): ReportedPhoto[] {
  return [...photos].sort(
    (a, b) =>
      STANDINGS.indexOf(standing(a)) - STANDINGS.indexOf(standing(b)) ||
      (a.confidence ?? 0) - (b.confidence ?? 0) ||
      byKey(a, b),
  );
}

function reportPhoto(input: ReportInput): ReportedPhoto {
  const { key, status, record } = input;
  const cutout = record?.status === 'done' && status === 'done' ? record : null;
  const rejection = record?.status === 'rejected' ? record : null;
  const judged = cutout ?? rejection?.judgement ?? null;
  const isDone = status === 'done';
  return {
    key,
    status,
    code: isDone ? null : (input.code ?? rejection?.code ?? 'unknown'),
    message: isDone ? null : (input.message ?? rejection?.message ?? null),
    verdict: status === 'failed' ? null : (record?.verdict ?? null),
    confidence: judged?.confidence ?? null,
    reasons: judged?.reasons ?? [],
    escalation: judged?.escalation ?? null,
    decision: cutout?.decision?.verdict ?? null,
    sku: input.sku ?? record?.source.sku ?? null,
    format: record?.source.format ?? null,
    width: record?.source.width ?? null,
    height: record?.source.height ?? null,
    sourceBytes: record?.source.bytes ?? null,
    coverage: judged?.mask.coverage ?? null,
    model: record?.model.id ?? null,
    preset: record?.preset ?? null,
    attempt: record?.attempt ?? null,
    totalMs: record === undefined ? null : sumMs(record.timesMs),
    timesMs: record?.timesMs ?? {},
    outputs: cutout?.outputs ?? [],
    record: record === undefined ? null : recordKey(key),
  };
}

function sumMs(timesMs: Readonly<Record<string, number>>): number {
  const { total, ...stages } = timesMs;
  const sum = total ?? Object.values(stages).reduce((ms, stage) => ms + stage, 0);
  return Math.round(sum * 10) / 10;
}

/** By code unit, not by language: the order must not depend on the machine. */
function byKey(a: ReportedPhoto, b: ReportedPhoto): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
