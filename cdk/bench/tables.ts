import type { EdgesRun } from './measure-edges.ts';
import type { BenchRun } from './summarise.ts';

/** The figures of every run, with the peer's as multiples of ours below each pair. */
export function figuresTable(runs: readonly BenchRun[]): string {
  const rows = [['', 'CPU ms', '(min)', 'wall ms', '(min)', 'first cutout, CPU ms', 'peak MB', 'output MB']];
  for (const run of runs) {
    rows.push([
      `${run.megapixels} MP  ${run.tool}`,
      ...[run.cpuMs, run.cpuMsMin, run.wallMs, run.wallMsMin, run.firstCutoutCpuMs, run.peakMb].map(whole),
      (run.outputBytes / 1e6).toFixed(2),
    ]);
    const ours = runs.find((other) => other.tool === 'cutline' && other.megapixels === run.megapixels);
    if (run.tool !== 'cutline' && ours !== undefined) rows.push(['   ratio', ...ratios(run, ours)]);
  }
  return align(rows);
}

/** Where our time goes: median wall ms by stage. */
export function stagesTable(runs: readonly BenchRun[]): string {
  const ours = runs.filter((run) => Object.keys(run.timesMs).length > 0);
  const stages = [...new Set(ours.flatMap((run) => Object.keys(run.timesMs)))];
  const row = (run: BenchRun) => stages.map((stage) => whole(run.timesMs[stage] ?? 0));
  return align([
    ['wall ms by stage', ...stages],
    ...ours.map((run) => [`${run.megapixels} MP  ${run.tool}`, ...row(run)]),
  ]);
}

/** What fine edges cost beyond fast ones. */
export function edgesTable(edges: readonly EdgesRun[]): string {
  return align([
    ['CPU ms of refine', 'fast', 'fine', 'more'],
    ...edges.map(({ megapixels, fastCpuMs, fineCpuMs }) => [
      `${megapixels} MP`,
      ...[fastCpuMs, fineCpuMs, fineCpuMs - fastCpuMs].map(whole),
    ]),
  ]);
}

function ratios(peer: BenchRun, ours: BenchRun): string[] {
  const fields = ['cpuMs', 'cpuMsMin', 'wallMs', 'wallMsMin', 'firstCutoutCpuMs', 'peakMb', 'outputBytes'] as const;
  return fields.map((field) => `${(peer[field] / ours[field]).toFixed(2)} x`);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Columns two spaces apart, the first to the left, figures to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number) =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
