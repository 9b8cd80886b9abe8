import { stringify } from 'csv-stringify/sync';
import { type ReportedPhoto, worstFirst } from './report.ts';

/**
 * Writes a batch as a table for a spreadsheet: a heading, then one row a photo in the order of the contact sheet, whose
 * frame numbers it carries.
 *
 * Starts with a byte-order mark, without which Excel garbles umlauts. A cell that a spreadsheet would run as a formula
 * (`=`, `+`, `-`, `@`, tab in front) gets a leading `'`: file names come from strangers.
 */
export function reportCsv(photos: readonly ReportedPhoto[]): string {
  const rows = worstFirst(photos).map((photo, index) => ({ ...csvRow(photo), frame: index + 1 }));
  return stringify(rows, { header: true, columns: COLUMNS, bom: true, escape_formulas: true });
}

// `frame` stands first so that a reader that does not know byte-order marks still finds the column `key`.
export const COLUMNS = [
  'frame',
  'key',
  'status',
  'verdict',
  'code',
  'message',
  'confidence',
  'reasons',
  'sku',
  'format',
  'width',
  'height',
  'sourceBytes',
  'coverage',
  'model',
  'preset',
  'attempt',
  'totalMs',
  'outputs',
  'outputBytes',
  'escalatedTo',
  'firstConfidence',
  'decision',
];

/** A photo's cells by column; its frame is for the caller to count. */
export function csvRow(photo: ReportedPhoto): Record<string, string | number | null> {
  const { timesMs: _times, record: _record, reasons, outputs, confidence, coverage, escalation, ...cells } = photo;
  return {
    ...cells,
    confidence: rounded(confidence),
    coverage: rounded(coverage),
    reasons: reasons.join(' '),
    escalatedTo: escalation?.second.model.id ?? null,
    firstConfidence: rounded(escalation?.first.confidence ?? null),
    outputs: outputs.map((output) => output.key).join(' | '),
    outputBytes: outputs.length === 0 ? null : outputs.reduce((sum, output) => sum + output.bytes, 0),
  };
}

/** To four decimals: a spreadsheet shows 0.94 as it is and 0.9400000000000001 as noise. */
function rounded(ratio: number | null): number | null {
  return ratio === null ? null : Math.round(ratio * 1e4) / 1e4;
}
