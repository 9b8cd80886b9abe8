import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { completionCsv } from '#cdk/report/completion-csv.ts';
import { buildReport } from '#cdk/report/report.ts';
import { doneRecord, rejectedRecord } from './photo-records.ts';

const times = { startedAt: new Date(0), endedAt: new Date(0) };
/** The `ReportSchema` of S3's own manifest.json, as its user guide prints it. */
const S3_SCHEMA = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage';

const photos = buildReport(
  [
    { key: 'b, "1".jpg', status: 'done', sku: 'S-1', record: doneRecord('b, "1".jpg') },
    { key: 'a.jpg', status: 'rejected', record: rejectedRecord('a.jpg') },
    { key: 'gone.jpg', status: 'rejected', record: rejectedRecord('gone.jpg', { code: 'source_missing' }) },
    { key: 'c.jpg', status: 'failed', code: 'attempts_used_up', message: 'Tried five times.' },
  ],
  times,
).photos;

test("begins with the columns of S3's completion report, and has each of ours once", () => {
  const [heading = []] = parse(completionCsv(photos, 'shop'), { bom: true });

  expect(heading.slice(0, 7)).toEqual(S3_SCHEMA.split(', '));
  expect(heading).toEqual(expect.arrayContaining(['verdict', 'confidence', 'sku', 'totalMs']));
  expect(new Set(heading).size).toBe(heading.length);
});

test('has one row for every photo, which says as S3 does whether it succeeded', () => {
  const [heading = [], ...rows] = parse(completionCsv(photos, 'shop'), { bom: true });

  const columns = ['Bucket', 'Key', 'TaskStatus', 'ErrorCode', 'HTTPStatusCode', 'ResultMessage', 'sku'];
  const facts = rows.map((row) => columns.map((column) => row[heading.indexOf(column)]));
  expect(facts).toEqual([
    ['shop', 'a.jpg', 'failed', 'corrupt', '', 'The file stops half way.', ''],
    ['shop', 'b, "1".jpg', 'succeeded', '', '200', '', 'S-1'],
    ['shop', 'c.jpg', 'failed', 'attempts_used_up', '', 'Tried five times.', ''],
    ['shop', 'gone.jpg', 'failed', 'source_missing', '404', 'The file stops half way.', ''],
  ]);
});
