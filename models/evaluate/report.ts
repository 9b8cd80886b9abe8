import type { ModelManifest } from '#functions/contract/manifest.ts';
import type { Qualities, Quality } from './evaluate.ts';
import type { RunFigures } from './measure-run.ts';

/** Everything measured of one model. */
export interface Measured {
  readonly model: Pick<ModelManifest, 'id' | 'parameters' | 'macs' | 'bytes'>;
  readonly quality: Qualities;
  /** Absent where nothing was run to be timed. */
  readonly run?: RunFigures | undefined;
}

/** What is said of quality, in the order it is printed. */
export const QUALITY_COLUMNS: readonly {
  readonly key: keyof Quality;
  readonly title: string;
  readonly show: (value: number) => string;
}[] = [
  { key: 'mae', title: 'MAE', show: digits(4) },
  { key: 'maxF', title: 'maxF', show: digits(3) },
  { key: 'sMeasure', title: 'S', show: digits(3) },
  { key: 'iou', title: 'IoU', show: digits(3) },
  { key: 'boundaryPx', title: 'edge px', show: digits(1) },
  { key: 'ssim', title: 'SSIM', show: digits(3) },
  { key: 'parentSsim', title: 'SSIM to parent', show: digits(3) },
  { key: 'parentMae', title: 'MAE to parent', show: digits(4) },
];

/** What is said of cost. */
export const COST_COLUMNS: readonly { readonly title: string; readonly show: (one: Measured) => string }[] = [
  { title: 'parameters', show: ({ model }) => `${(model.parameters / 1e6).toFixed(2)} M` },
  { title: 'GMAC', show: ({ model }) => (model.macs / 1e9).toFixed(1) },
  { title: 'file', show: ({ model }) => `${(model.bytes / 1e6).toFixed(1)} MB` },
  { title: 'load', show: ({ run }) => (run === undefined ? '-' : `${Math.round(run.loadMs)} ms`) },
  { title: 'CPU a photo', show: ({ run }) => (run === undefined ? '-' : `${Math.round(run.runCpuMs)} ms`) },
  { title: 'peak memory', show: ({ run }) => (run === undefined ? '-' : `${Math.round(run.peakMb)} MB`) },
];

/**
 * Tables for a terminal: one of quality for every set, then one of cost, a model a row.
 *
 * @param counts How many photos each set has.
 */
export function describeMeasured(measured: readonly Measured[], counts: ReadonlyMap<string, number>): string {
  const tables = [...counts].map(([set, count]) => {
    const rows = measured.map(({ model, quality }) => {
      const found = quality[set];
      return [model.id, ...QUALITY_COLUMNS.map(({ key, show }) => (found === undefined ? '-' : show(found[key])))];
    });
    return alignColumns([[`${set} (${count})`, ...QUALITY_COLUMNS.map(({ title }) => title)], ...rows]);
  });
  const costs = measured.map((one) => [one.model.id, ...COST_COLUMNS.map(({ show }) => show(one))]);
  return [...tables, alignColumns([['cost', ...COST_COLUMNS.map(({ title }) => title)], ...costs])].join('\n\n');
}

function digits(count: number): (value: number) => string {
  return (value) => value.toFixed(count);
}

/** Pads cells so that columns stand under each other: the first to the left, figures to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
