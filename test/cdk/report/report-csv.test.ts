import { expect, test } from 'vitest';
import { buildReport } from '#cdk/report/report.ts';
import { reportCsv } from '#cdk/report/report-csv.ts';
import { doneRecord } from './photo-records.ts';

const times = { startedAt: new Date(0), endedAt: new Date(0) };

test('has a heading and one row for every input', () => {
  const inputs = Array.from({ length: 7 }, (_, i) => ({ key: `${i}.jpg`, status: 'failed' as const }));

  const csv = reportCsv(buildReport(inputs, times).photos);

  const [heading, ...rows] = csv.trimEnd().split('\n');
  expect(heading?.split(',').slice(0, 3)).toEqual(['\uFEFFframe', 'key', 'status']);
  expect(rows.map((row) => row.split(',')[1])).toEqual(inputs.map((input) => input.key));
});

test.each(['=', '+', '-', '@', '\t'])('does not let a name that starts with %j become a formula', (start) => {
  const key = `${start}1.jpg`;

  const csv = reportCsv(buildReport([{ key, status: 'failed' }], times).photos);

  expect(csv).toContain(`1,'${key},failed`);
});

test('keeps quotes, commas and line breaks of a name inside its cell', () => {
  const csv = reportCsv(buildReport([{ key: 'a "b", c\n.jpg', status: 'failed' }], times).photos);

  expect(csv).toContain('1,"a ""b"", c\n.jpg",failed');
});

test('writes confidence without the noise of binary fractions', () => {
  const record = doneRecord('a.jpg', { confidence: 0.8 + 0.14 });

  const csv = reportCsv(buildReport([{ key: 'a.jpg', status: 'done', record }], times).photos);

  expect(csv).toContain(',0.94,');
});
