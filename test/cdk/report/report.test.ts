import { expect, test } from 'vitest';
import { buildReport, worstFirst } from '#cdk/report/report.ts';
import { doneRecord, rejectedRecord } from './photo-records.ts';

const times = { startedAt: new Date('2026-11-24T08:00:00Z'), endedAt: new Date('2026-11-24T08:01:30Z') };

test('counts a doubtful cutout as done and as something to check', () => {
  const report = buildReport(
    [
      { key: 'a.jpg', status: 'done', record: doneRecord('a.jpg') },
      { key: 'b.jpg', status: 'done', record: doneRecord('b.jpg', { verdict: 'review', reasons: ['soft_mask'] }) },
      { key: 'c.jpg', status: 'rejected', record: rejectedRecord('c.jpg') },
      { key: 'd.jpg', status: 'failed', code: 'timeout' },
    ],
    times,
  );

  expect(report.totals).toEqual({ photos: 4, done: 2, rejected: 1, failed: 1, review: 1 });
  expect(report.wallMs).toBe(90_000);
});

test('has a line for every input, sorted by key, with the same fields in each', () => {
  const report = buildReport(
    [
      { key: 'z.jpg', status: 'failed' },
      { key: 'a.jpg', status: 'done', record: doneRecord('a.jpg') },
      { key: 'B.jpg', status: 'rejected', record: rejectedRecord('B.jpg') },
    ],
    times,
  );

  expect(report.photos.map((photo) => photo.key)).toEqual(['B.jpg', 'a.jpg', 'z.jpg']);
  const fields = report.photos.map((photo) => Object.keys(photo).join());
  expect(new Set(fields).size).toBe(1);
});

test('gives a done photo neither code nor message and adds its stages up', () => {
  const [photo] = buildReport([{ key: 'a.jpg', status: 'done', record: doneRecord('a.jpg') }], times).photos;

  expect(photo).toMatchObject({
    code: null,
    message: null,
    confidence: 0.9,
    totalMs: 1150,
    record: 'records/a.jpg.json',
  });
});

test('takes code and message of a rejected photo from its record', () => {
  const [photo] = buildReport([{ key: 'a.jpg', status: 'rejected', record: rejectedRecord('a.jpg') }], times).photos;

  expect(photo).toMatchObject({ code: 'corrupt', message: 'The file stops half way.', confidence: null, outputs: [] });
});

test('does not claim the cutout of an earlier run for a photo that failed in this one', () => {
  const [photo] = buildReport(
    [{ key: 'a.jpg', status: 'failed', code: 'timeout', record: doneRecord('a.jpg') }],
    times,
  ).photos;

  expect(photo).toMatchObject({ status: 'failed', code: 'timeout', verdict: null, confidence: null, outputs: [] });
});

test('puts what needs a person first: failed, rejected, then the least certain', () => {
  const review = { verdict: 'review' } as const;
  const { photos } = buildReport(
    [
      { key: 'sure.jpg', status: 'done', record: doneRecord('sure.jpg', { confidence: 0.99 }) },
      { key: 'less.jpg', status: 'done', record: doneRecord('less.jpg', { confidence: 0.8 }) },
      { key: 'half.jpg', status: 'done', record: doneRecord('half.jpg', { ...review, confidence: 0.5 }) },
      { key: 'doubt.jpg', status: 'done', record: doneRecord('doubt.jpg', { ...review, confidence: 0.1 }) },
      { key: 'no.jpg', status: 'rejected', record: rejectedRecord('no.jpg') },
      { key: 'dead.jpg', status: 'failed' },
    ],
    times,
  );

  const order = worstFirst(photos).map((photo) => photo.key);

  expect(order).toEqual(['dead.jpg', 'no.jpg', 'doubt.jpg', 'half.jpg', 'less.jpg', 'sure.jpg']);
});
