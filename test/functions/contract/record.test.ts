import { describe, expect, test } from 'vitest';
import { PhotoRecord, RejectionCode } from '#functions/contract/record.ts';

const common = {
  schema: 1,
  source: { bucket: 'photos', key: 'a.jpg', etag: 'e1', bytes: 1000 },
  model: { id: 'isnet', sha256: 'a'.repeat(64) },
  preset: 'white',
  fingerprint: 'f',
  attempt: 1,
  timesMs: { decode: 12.5 },
};

const done = {
  ...common,
  status: 'done',
  verdict: 'ok',
  confidence: 0.98,
  reasons: [],
  mask: { coverage: 0.3, box: { left: 1, top: 2, width: 3, height: 4 }, touches: ['left'], parts: 1 },
  outputs: [
    { key: 'cutouts/a.png', preset: 'white', format: 'png', width: 10, height: 20, bytes: 99, sha256: 'b'.repeat(64) },
  ],
};

const refusal = { verdict: 'refused', before: 'review', at: '2026-11-24T10:00:00.000Z' };

const rejected = {
  ...common,
  status: 'rejected',
  verdict: 'rejected',
  code: 'corrupt',
  message: 'Expected a complete photo.',
  outputs: [],
};

describe('a record is accepted', () => {
  test('for a cutout, and comes back as it was written', () => {
    expect(PhotoRecord.parse(JSON.parse(JSON.stringify(done)))).toEqual(done);
  });

  test('for a rejected photo, and comes back as it was written', () => {
    expect(PhotoRecord.parse(JSON.parse(JSON.stringify(rejected)))).toEqual(rejected);
  });

  test('for a photo that was gone before it could be read', () => {
    const source = { ...common.source, etag: '', bytes: 0 };

    expect(PhotoRecord.safeParse({ ...rejected, source, code: 'source_missing' }).success).toBe(true);
  });

  test('with every fact about the file and the batch', () => {
    const facts = { sku: '4711', format: 'jpeg', width: 10, height: 20, orientation: 6, colourSpace: 'cmyk+icc' };
    const record = { ...done, batchId: 'b1', source: { ...common.source, ...facts } };

    expect(PhotoRecord.parse(record)).toEqual(record);
  });

  test('with all that it was judged by, and comes back as it was written', () => {
    const opinion = { model: common.model, confidence: 0.4, reasons: ['soft_mask'], verdict: 'review' };
    const escalation = { first: opinion, second: { ...opinion, confidence: 0.9 }, kept: 'second', agreement: 0.8 };
    const features = { softness: 0.3 };

    const record = { ...done, features, escalation };
    const { confidence, reasons, mask } = done;
    const refused = {
      ...rejected,
      code: 'too_doubtful',
      judgement: { confidence, reasons, mask, features, escalation },
    };

    expect(PhotoRecord.parse(record)).toEqual(record);
    expect(PhotoRecord.parse(refused)).toEqual(refused);
  });

  test.each(RejectionCode.options)('with the code %s', (code) => {
    expect(PhotoRecord.safeParse({ ...rejected, code }).success).toBe(true);
  });
});

describe('a record is refused', () => {
  test.each([
    ['of another schema', { ...done, schema: 2 }],
    ['done without an output', { ...done, outputs: [] }],
    ['rejected with an output', { ...rejected, outputs: done.outputs }],
    ['rejected without a code', { ...rejected, code: undefined }],
    ['rejected with a code nobody knows', { ...rejected, code: 'too_ugly' }],
    ['done with a confidence above 1', { ...done, confidence: 1.1 }],
    ['done with the verdict of a rejected one', { ...done, verdict: 'rejected' }],
    ['with an empty output', { ...done, outputs: [{ ...done.outputs[0], bytes: 0 }] }],
    ['with an orientation beyond 8', { ...done, source: { ...common.source, orientation: 9 } }],
    ['on attempt 0', { ...done, attempt: 0 }],
    ['with a negative time', { ...done, timesMs: { decode: -1 } }],
    ['refused by a person with the verdict it had', { ...done, decision: refusal }],
    ['with a box in half pixels', { ...done, mask: { ...done.mask, box: { left: 0.5, top: 0, width: 1, height: 1 } } }],
  ])('%s', (_, record) => {
    expect(PhotoRecord.safeParse(record).success).toBe(false);
  });
});

test('a cutout that a person refused is rejected, and what the machine had said is kept', () => {
  const record = PhotoRecord.parse({ ...done, verdict: 'rejected', decision: refusal });

  expect(record).toMatchObject({ verdict: 'rejected', decision: { before: 'review' } });
});
