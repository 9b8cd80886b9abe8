import type { DoneRecord, RejectedRecord } from '#functions/contract/record.ts';

const common = {
  schema: 1 as const,
  model: { id: 'isnet-512', sha256: '0'.repeat(64) },
  preset: 'transparent-png',
  fingerprint: 'f',
  attempt: 1,
  timesMs: { decode: 40, segment: 900, encode: 210 },
};

/** A record of a photo that was cut out, with whatever the test is about replaced. */
export function doneRecord(key: string, changes: Partial<DoneRecord> = {}): DoneRecord {
  return {
    ...common,
    source: { bucket: 'photos', key, etag: '"1"', bytes: 1000, format: 'jpeg', width: 40, height: 30 },
    status: 'done',
    verdict: 'ok',
    confidence: 0.9,
    reasons: [],
    mask: { coverage: 0.4, box: { left: 1, top: 2, width: 10, height: 10 }, touches: [], parts: 1 },
    outputs: [
      {
        key: `cutouts/${key}.png`,
        preset: 'transparent-png',
        format: 'png',
        width: 40,
        height: 30,
        bytes: 2000,
        sha256: 'a'.repeat(64),
      },
    ],
    ...changes,
  };
}

/** A record of a photo that can never be cut out. */
export function rejectedRecord(key: string, changes: Partial<RejectedRecord> = {}): RejectedRecord {
  return {
    ...common,
    source: { bucket: 'photos', key, etag: '"1"', bytes: 10 },
    status: 'rejected',
    verdict: 'rejected',
    code: 'corrupt',
    message: 'The file stops half way.',
    outputs: [],
    ...changes,
  };
}
