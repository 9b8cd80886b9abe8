import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { acceptedKey } from '#functions/contract/output-keys.ts';
import type { PhotoRecord } from '#functions/contract/record.ts';
import type { StudioStore } from './studio-store.ts';

/**
 * Packs the outputs of some photos, each under its key, and `report.csv`.
 *
 * Files are read one after the other while the archive is being taken. One that vanished meanwhile is left out and named in
 * `missing.txt`: half an archive would be of no use to anybody.
 */
export function zipResults(
  records: readonly PhotoRecord[],
  { store, csv }: { readonly store: Pick<StudioStore, 'readResult'>; readonly csv: string },
): Readable {
  const zip = new ZipFile();
  void fill(zip, records, { store, csv });
  return Readable.from(zip.outputStream);
}

/** Pictures are compressed already. */
const STORED = { compress: false };

async function fill(
  zip: ZipFile,
  records: readonly PhotoRecord[],
  { store, csv }: { readonly store: Pick<StudioStore, 'readResult'>; readonly csv: string },
): Promise<void> {
  const missing: string[] = [];
  zip.addBuffer(Buffer.from(csv), 'report.csv');
  for (const { outputs } of records) {
    for (const { key } of outputs) {
      const file = await store.readResult(key).catch(() => null);
      if (file === null) missing.push(key);
      // Waits for the reader by the number of bytes that are not taken yet.
      else await add(zip, acceptedKey(key), Buffer.from(file.bytes));
    }
  }
  if (missing.length > 0) zip.addBuffer(Buffer.from(`${missing.join('\n')}\n`), 'missing.txt');
  zip.end();
}

/** @returns When the entry has been read into the archive. */
function add(zip: ZipFile, name: string, bytes: Buffer): Promise<void> {
  const stream = Readable.from([bytes], { objectMode: false });
  const done = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  zip.addReadStream(stream, name, { ...STORED, size: bytes.length });
  return done;
}
