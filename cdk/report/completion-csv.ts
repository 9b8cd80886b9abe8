import { stringify } from 'csv-stringify/sync';
import type { ReportedPhoto } from './report.ts';
import { COLUMNS, csvRow } from './report-csv.ts';

/**
 * Writes a batch as S3 Batch Operations reports its jobs (its seven columns, so that what reads those reads this), followed by
 * our own. One row a photo, sorted by key, with a heading.
 *
 * @param bucket Where the photos lie. VersionId stays empty: a photo is worked on as it is when its turn comes.
 */
export function completionCsv(photos: readonly ReportedPhoto[], bucket: string): string {
  const rows = photos.map((photo) => ({ ...taskRow(photo, bucket), ...csvRow(photo) }));
  return stringify(rows, {
    header: true,
    columns: [...TASK_COLUMNS, ...OWN_COLUMNS],
    bom: true,
    escape_formulas: true,
  });
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html */
const TASK_COLUMNS = [
  'Bucket',
  'Key',
  'VersionId',
  'TaskStatus',
  'ErrorCode',
  'HTTPStatusCode',
  'ResultMessage',
] as const;
/** Ours, but for what the seven say already. */
const OWN_COLUMNS = COLUMNS.filter((column) => !['frame', 'key', 'code', 'message'].includes(column));

/** S3's status of what stood in the way, where it is S3's own. */
const HTTP_STATUS: Readonly<Record<string, number>> = { source_missing: 404, access_denied: 403, throttled: 503 };

function taskRow(photo: ReportedPhoto, bucket: string): Record<(typeof TASK_COLUMNS)[number], string | number> {
  const { key, status, code, message } = photo;
  const isDone = status === 'done';
  return {
    Bucket: bucket,
    Key: key,
    VersionId: '',
    TaskStatus: isDone ? 'succeeded' : 'failed',
    ErrorCode: code ?? '',
    HTTPStatusCode: isDone ? 200 : (HTTP_STATUS[code ?? ''] ?? ''),
    ResultMessage: message ?? '',
  };
}
