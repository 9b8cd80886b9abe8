import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { photoCount } from '../report/words.ts';
import { addCloudFlags, type CloudFlags, openStage } from './cloud-flags.ts';
import { wholeNumber } from './flag-values.ts';

interface ReportFlags extends CloudFlags {
  readonly pictures: number;
  readonly upload?: boolean;
  readonly json?: boolean;
}

const HELP = `
Examples:
  cutline report spring                     writes spring-report/report.csv, report.json and report.html
  cutline report spring out --pictures 500  a longer contact sheet, in out/
  cutline report cutouts/                   writes the report of a local run anew, in cutouts/
  cutline report spring --upload            puts the three files beside the batch in the cutouts bucket, too

Every photo of the batch has its row, whatever became of it. report.csv begins with the columns of an S3 Batch Operations
completion report. Exit codes: 0 all done, 1 some rejected, failed or still waiting.`;

/** Adds `cutline report BATCH [DIR]`. */
export function registerReport(program: Command): void {
  const command = program
    .command('report')
    .description('account for every photo of a batch: CSV, JSON and a contact sheet')
    .argument('<BATCH>', 'the id that submit printed, or the folder that run writes to')
    .argument('[DIR]', 'folder for the report (default: <BATCH>-report)');
  addCloudFlags(command)
    .option('--pictures <n>', 'photos shown, worst first; each is fetched', wholeNumber(0, 10_000), 60)
    .option('--upload', 'put the report into the cutouts bucket, too')
    .option('--json', 'the totals as one JSON object')
    .addHelpText('after', HELP)
    .action(report);
}

async function report(id: string, dir: string | undefined, flags: ReportFlags): Promise<void> {
  const { findTarget, reportTarget } = await import('./target-folder.ts');
  const target = await findTarget(id, flags);
  if (target === null) return await batchReport(id, dir, flags);
  process.exitCode = (await reportTarget(target, flags)) ? 0 : 1;
}

async function batchReport(id: string, dir: string | undefined, flags: ReportFlags): Promise<void> {
  const [{ readOutcomes }, { progressOf }, { announceCompletion }, { requireManifest }, { reportBatch }] =
    await Promise.all([
      import('../batch/batch-outcomes.ts'),
      import('../batch/batch-progress.ts'),
      import('../batch/complete-batch.ts'),
      import('../batch/read-manifest.ts'),
      import('../batch/report-batch.ts'),
    ]);
  const { cloud, place } = await openStage(flags);
  const manifest = await requireManifest(cloud, place, id);
  const outcomes = await readOutcomes(cloud, place, { manifest });
  const now = new Date();
  const dst = resolve(dir ?? `${id}-report`);
  const { totals } = await reportBatch(cloud, place, { manifest, outcomes, dst, pictures: flags.pictures, now });
  if (flags.upload) await upload({ cloud, place, id, dst });
  const progress = progressOf(outcomes, { manifest, place, nowMs: now.getTime() });
  await announceCompletion(cloud, place, { manifest, progress });

  const page = join(dst, 'report.html');
  if (flags.json) console.log(JSON.stringify({ totals, report: page }));
  else console.log(`${describe(totals, progress.waiting)}\nReport: ${page}`);
  process.exitCode = totals.done === totals.photos ? 0 : 1;
}

function describe(
  totals: { photos: number; done: number; review: number; rejected: number; failed: number },
  waiting: number,
): string {
  const { photos, done, review, rejected, failed } = totals;
  const parts = [
    `${done} done${review > 0 ? ` (${review} to look at)` : ''}`,
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    ...(failed > waiting ? [`${failed - waiting} failed`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ];
  return `${photoCount(photos)}: ${parts.join(', ')}`;
}

const CONTENT_TYPES = { json: 'application/json', csv: 'text/csv; charset=utf-8', html: 'text/html; charset=utf-8' };

async function upload({
  cloud,
  place,
  id,
  dst,
}: Awaited<ReturnType<typeof openStage>> & { id: string; dst: string }): Promise<void> {
  const [{ batchKey }, { writeObject }] = await Promise.all([
    import('../batch/batch-manifest.ts'),
    import('../batch/objects.ts'),
  ]);
  for (const [ending, contentType] of Object.entries(CONTENT_TYPES)) {
    const address = { bucket: place.cutoutsBucket, key: batchKey(id, `report.${ending}`) };
    await writeObject(cloud.s3, address, await readFile(join(dst, `report.${ending}`)), { contentType });
  }
}
