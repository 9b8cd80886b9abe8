import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PhotoRecord } from '#functions/contract/record.ts';
import { buildReport, type Report, type ReportInput } from '../../report/report.ts';
import { writeReport } from '../../report/write-report.ts';
import type { StudioStore, WorkFailure } from './studio-store.ts';

/** What the last run's report alone knows: photos that left no record, and when it ran. */
const LastReport = z.object({
  photos: z.array(
    z.object({ key: z.string(), status: z.string(), code: z.string().nullable(), message: z.string().nullable() }),
  ),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
});
type LastReport = z.infer<typeof LastReport>;

/** What there is to account for. */
export interface Account {
  readonly records: readonly PhotoRecord[];
  /** Photos that left no record since the last report. */
  readonly failures: readonly WorkFailure[];
  readonly now: Date;
}

/** Accounts for photos as they are now. `last` is the report of the run they are of, where there is one. */
export function reportNow(account: Account & { readonly last: LastReport | null }): Report {
  return buildReport(inputsOf(account, account.last), timesOf(account.last, account.now));
}

/** Writes a folder's report anew, so that its table and contact sheet show what was cut out and decided since. */
export async function refreshReport(place: NonNullable<StudioStore['reported']>, account: Account): Promise<void> {
  const last = await lastReport(place.dst);
  await writeReport({ ...place, photos: inputsOf(account, last), ...timesOf(last, account.now) });
}

/** @returns A folder's report, or null where there is none that can be read. */
export async function lastReport(dst: string): Promise<LastReport | null> {
  try {
    return LastReport.safeParse(JSON.parse(await readFile(join(dst, 'report.json'), 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

function inputsOf({ records, failures }: Account, last: LastReport | null): ReportInput[] {
  const present = new Set(records.map(({ source }) => source.key));
  const before = (last?.photos ?? []).filter(({ status }) => status === 'failed');
  const newest = new Map([...before, ...failures].map((failure) => [failure.key, failure]));
  const failed = [...newest.values()].filter(({ key }) => !present.has(key));
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
