import type { PhotoRecord } from '#functions/contract/record.ts';
import type { Item, ItemOutput } from '../protocol.ts';

/** Sums a record up for the gallery. @param etag The record's. */
export function itemOf(record: PhotoRecord, etag: string): Item {
  const { source, model, preset, status, verdict } = record;
  const done = record.status === 'done' ? record : null;
  return {
    key: source.key,
    etag,
    status,
    verdict,
    decision: done?.decision?.verdict ?? null,
    confidence: done?.confidence ?? null,
    reasons: done?.reasons ?? [],
    broken: brokenRules(record.outputs),
    sku: source.sku ?? null,
    model: model.id,
    preset,
    width: source.width ?? null,
    height: source.height ?? null,
    code: record.status === 'rejected' ? record.code : null,
    outputs: record.outputs.map((output) => outputOf(output, source)),
  };
}

type Output = PhotoRecord['outputs'][number];

function outputOf(output: Output, source: PhotoRecord['source']): ItemOutput {
  const { preset, format, width, height, bytes, sha256, scale } = output;
  const isInPlace = scale === undefined && width === source.width && height === source.height;
  return { preset, format, width, height, bytes, version: sha256.slice(0, 12), isInPlace };
}

function brokenRules(outputs: readonly Output[]): string[] {
  return outputs.flatMap(({ preset, rules = [] }) =>
    rules.filter(({ level, passed }) => level === 'must' && !passed).map(({ check }) => `${preset}:${check}`),
  );
}
