import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drawPage, type PageOptions } from './page.ts';
import { buildReport, type Report, type ReportInput } from './report.ts';
import { reportCsv } from './report-csv.ts';
import { writeAtomically } from './write-atomically.ts';

export type { Report, ReportInput } from './report.ts';

export interface WriteReportOptions extends PageOptions {
  /** Folder the photos lie in, by their keys. */
  readonly src: string;
  /** Where further photos lie, that are not in `src`. @default nowhere */
  readonly otherSrc?: readonly string[];
  /** Folder the outputs lie in, by their keys, and the report goes to. */
  readonly dst: string;
  /** Every input of the batch, in any order. */
  readonly photos: readonly ReportInput[];
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** How `report.csv` is written. @default for a spreadsheet, worst first */
  readonly csv?: (photos: Report['photos']) => string;
}

/**
 * Accounts for a whole batch in DST: `report.json` for programs, `report.csv` for a spreadsheet, `report.html` for eyes.
 *
 * Each file is replaced in one step. Cost: a thumbnail of each photo and cutout shown on the page.
 * @returns What `report.json` says. @throws Whatever the file system does.
 */
export async function writeReport(options: WriteReportOptions): Promise<Report> {
  const report = buildReport(options.photos, options);
  await mkdir(options.dst, { recursive: true });
  await writeAtomically(join(options.dst, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeAtomically(join(options.dst, 'report.csv'), (options.csv ?? reportCsv)(report.photos));
  await writeAtomically(join(options.dst, 'report.html'), drawPage(report, options, options));
  return report;
}
