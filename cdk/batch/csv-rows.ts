import { parse } from 'csv-parse/sync';
import { BatchError } from './batch-error.ts';
import type { BatchPhoto } from './batch-manifest.ts';

export interface CsvRows {
  readonly photos: readonly BatchPhoto[];
  /** Rows that say the same as one before them. */
  readonly repeated: number;
}

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/** Mistakes that are listed; a manifest of 100,000 rows can have as many. */
const NAMED = 10;

/**
 * Reads a batch from CSV: a heading with a column `key` and, if wanted, `preset` and `sku`; other columns are left alone.
 *
 * Commas, semicolons or tabs, with or without a byte-order mark: what spreadsheets write.
 * @throws {BatchError} `bad_manifest` that lists what is wrong, by line: no column `key`, empty keys, one key asked for twice
 *   in different ways.
 */
export function readCsv(text: string, name: string): CsvRows {
  const rows = parseRows(text, name);
  const [first] = rows;
  if (first === undefined) throw bad(name, ['no rows below the heading']);
  if (!('key' in first.record)) {
    throw bad(name, [`no column "key" among ${Object.keys(first.record).join(', ')}`]);
  }
  return gather(rows, name);
}

function parseRows(text: string, name: string): Row[] {
  const [heading = ''] = text.split(/\r?\n/, 1);
  const delimiter = [',', ';', '\t'].sort((a, b) => heading.split(b).length - heading.split(a).length)[0] ?? ',';
  try {
    return parse(text, {
      bom: true,
      columns: (names: string[]) => names.map((column) => column.trim().toLowerCase()),
      delimiter,
      info: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    throw bad(name, [cause instanceof Error ? cause.message : String(cause)], cause);
  }
}

function gather(rows: readonly Row[], name: string): CsvRows {
  const seen = new Map<string, { readonly photo: BatchPhoto; readonly line: number }>();
  const mistakes: string[] = [];
  let repeated = 0;
  for (const { record, info } of rows) {
    const photo = photoOf(record);
    const before = seen.get(photo.key);
    if (photo.key === '') mistakes.push(`line ${info.lines}: no key`);
    else if (before === undefined) seen.set(photo.key, { photo, line: info.lines });
    else if (isSame(before.photo, photo)) repeated++;
    else mistakes.push(`line ${info.lines}: "${photo.key}" is asked for in another way on line ${before.line}`);
  }
  if (mistakes.length > 0) throw bad(name, mistakes);
  return { photos: [...seen.values()].map(({ photo }) => photo), repeated };
}

function photoOf({ key = '', preset = '', sku = '' }: Readonly<Record<string, string>>): BatchPhoto {
  const [presetId, skuText] = [preset.trim(), sku.trim()];
  return { key, ...(presetId === '' ? {} : { preset: presetId }), ...(skuText === '' ? {} : { sku: skuText }) };
}

function isSame(a: BatchPhoto, b: BatchPhoto): boolean {
  return a.preset === b.preset && a.sku === b.sku;
}

function bad(name: string, mistakes: readonly string[], cause?: unknown): BatchError {
  const more = mistakes.length > NAMED ? `\n  ... and ${mistakes.length - NAMED} more` : '';
  const list = mistakes
    .slice(0, NAMED)
    .map((mistake) => `\n  ${mistake}`)
    .join('');
  const expected = 'Expected a CSV file with a heading "key", or "key,preset,sku", and one photo a row';
  return new BatchError('bad_manifest', `${expected}, got ${name} with:${list}${more}`, { cause });
}
