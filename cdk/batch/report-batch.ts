import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { recordKey } from '#functions/contract/output-keys.ts';
import { completionCsv } from '../report/completion-csv.ts';
import { buildReport, type Report, type ReportInput, worstFirst } from '../report/report.ts';
import { writeReport } from '../report/write-report.ts';
import type { BatchManifest } from './batch-manifest.ts';
import type { BatchOutcome } from './batch-outcomes.ts';
import type { Cloud } from './cloud.ts';
import { forEachAtOnce, type ObjectAddress, readObject } from './objects.ts';
import type { Place } from './place.ts';

export interface BatchReportOptions {
  readonly manifest: BatchManifest;
  readonly outcomes: readonly BatchOutcome[];
  /** Folder the report goes to. */
  readonly dst: string;
  /** How many photos are shown, worst first; each is fetched with its cutouts. */
  readonly pictures: number;
  /** When the outcomes were read. */
  readonly now: Date;
}

const FETCHES_AT_ONCE = 8;
/** Fetched photos lie here, beside the cutouts. */
const PHOTOS_FOLDER = 'photos';

/**
 * Accounts for a whole batch in a folder: `report.csv` (S3 Batch Operations' columns and ours), `report.json`, and
 * `report.html`, the contact sheet, with the photos and cutouts it shows beside it.
 */
export async function reportBatch(cloud: Cloud, place: Place, options: BatchReportOptions): Promise<Report> {
  const { manifest, outcomes, now, pictures } = options;
  const dst = resolve(options.dst);
  const times = { startedAt: new Date(manifest.submittedAt), endedAt: endOf(outcomes, now) };
  const inputs = reportInputs(outcomes, manifest);
  const src = join(dst, PHOTOS_FOLDER);
  const shown = worstFirst(buildReport(inputs, times).photos).slice(0, pictures);
  const records = new Map(outcomes.map(({ photo, record }) => [photo.key, record]));
  await forEachAtOnce(
    shown,
    async ({ key, outputs }) => {
      await fetchTo(cloud, { bucket: manifest.bucket, key }, join(src, key));
      for (const output of outputs) {
        await fetchTo(cloud, { bucket: place.cutoutsBucket, key: output.key }, join(dst, output.key));
      }
      const record = records.get(key);
      if (record !== undefined) await write(join(dst, recordKey(key)), JSON.stringify(record, null, 2));
    },
    FETCHES_AT_ONCE,
  );
  return await writeReport({
    src,
    dst,
    photos: inputs,
    ...times,
    maxFrames: pictures,
    source: `batch ${manifest.id}, ${manifest.source}`,
    csv: (photos) => completionCsv(photos, manifest.bucket),
  });
}

/** A batch's photos as the report knows them: none is left out, and one without an end says so. */
export function reportInputs(outcomes: readonly BatchOutcome[], { id }: Pick<BatchManifest, 'id'>): ReportInput[] {
  return outcomes.map(({ photo: { key, sku }, status, record }) => {
    const input = { key, ...(sku === undefined ? {} : { sku }), ...(record === undefined ? {} : { record }) };
    if (status === 'done' || status === 'rejected') return { ...input, status };
    const [code, message] =
      status === 'failed'
        ? [
            'attempts_used_up',
            `It failed each time it was tried; the function's log says why. Then: cutline retry ${id} --failed`,
          ]
        : ['not_processed', `It waits for its turn. Where nothing moves any more: cutline retry ${id} --failed`];
    return { ...input, status: 'failed', code, message };
  });
}

/** When the last photo ended, or now while some wait. */
function endOf(outcomes: readonly BatchOutcome[], now: Date): Date {
  if (outcomes.some(({ status }) => status === 'waiting')) return now;
  const lastMs = outcomes.reduce((latest, { endedMs = 0 }) => Math.max(latest, endedMs), 0);
  return lastMs === 0 ? now : new Date(lastMs);
}

/** What is gone, or whose key is no file name here, is missing on the page and nothing worse. */
async function fetchTo(cloud: Cloud, address: ObjectAddress, path: string): Promise<void> {
  const bytes = await readObject(cloud.s3, address);
  if (bytes !== null) await write(path, bytes);
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    const isName = error instanceof Error && 'code' in error && NAMES_NO_FILE.has(String(error.code));
    if (!isName) throw error;
  }
}

/** Keys may be longer than file names, and `a` may lie beside `a/b`. */
const NAMES_NO_FILE: ReadonlySet<string> = new Set(['ENAMETOOLONG', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EINVAL']);
