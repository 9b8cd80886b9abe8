import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PhotoRecord } from '#functions/contract/record.ts';
import { buildReport, type Report, type ReportInput } from '../../report/report.ts';
import { writeReport } from '../../report/write-report.ts';

/** What the last run's report alone knows: photos that left no record, and when it ran. */
const LastReport = z.object({
  photos: z.array(
    z.object({ key: z.string(), status: z.string(), code: z.string().nullable(), message: z.string().nullable() }),
  ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
});
type LastReport = z.infer<typeof LastReport>;

/** Accounts for records as they are now. @param last The report of the run they are of, where there is one. */
export function reportNow(records: readonly PhotoRecord[], last: LastReport | null, now: Date): Report {
  return buildReport(inputsOf(records, last), timesOf(last, now));
}

/** Writes a folder's report anew, so that its table and contact sheet show what was decided. */
export async function refreshReport(
  { src, dst }: { readonly src: string; readonly dst: string },
  records: readonly PhotoRecord[],
  now: Date,
): Promise<void> {
  const last = await lastReport(dst);
  await writeReport({ src, dst, photos: inputsOf(records, last), ...timesOf(last, now) });
}

/** @returns A folder's report, or null where there is none that can be read. */
export async function lastReport(dst: string): Promise<LastReport | null> {
  try {
    return LastReport.safeParse(JSON.parse(await readFile(join(dst, 'report.json'), 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function inputsOf(records: readonly PhotoRecord[], last: LastReport | null): ReportInput[] {
  const present = new Set(records.map(({ source }) => source.key));
  const failed = (last?.photos ?? []).filter(({ key, status }) => status === 'failed' && !present.has(key));
  return [
    ...records.map((record): ReportInput => ({ key: record.source.key, status: record.status, record })),
    ...failed.map(
      ({ key, code, message }): ReportInput => ({
        key,
        status: 'failed',
        ...(code === null ? {} : { code }),
        ...(message === null ? {} : { message }),
      }),
    ),
  ];
}

function timesOf(last: LastReport | null, now: Date): { readonly startedAt: Date; readonly endedAt: Date } {
  return last === null
    ? { startedAt: now, endedAt: now }
    : { startedAt: new Date(last.startedAt), endedAt: new Date(last.endedAt) };
}
