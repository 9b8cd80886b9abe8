import { expect, test } from 'vitest';
import { edgesTable, figuresTable, stagesTable } from '#cdk/bench/tables.ts';
import { benchRun } from './bench-runs.ts';

test('shows a peer’s figures as multiples of ours of the same size', () => {
  const peer = {
    tool: 'imgly',
    cpuMs: 7000,
    cpuMsMin: 5700,
    wallMs: 4200,
    wallMsMin: 3000,
    firstCutoutCpuMs: 12_000,
  } as const;
  const runs = [
    benchRun(),
    benchRun({ ...peer, peakMb: 2000, outputBytes: 1_500_000 }),
    benchRun({ megapixels: 12, cpuMs: 10 }),
  ];

  const lines = figuresTable(runs).split('\n');

  expect(lines[2]).toMatch(/^2 MP {2}imgly +7,000 +5,700 +4,200 +3,000 +12,000 +2,000 +1\.50$/);
  expect(lines[3]).toMatch(/^ {3}ratio +3\.50 x +3\.00 x +2\.00 x +1\.50 x +3\.00 x +2\.00 x +0\.50 x$/);
});

test('keeps its columns in line', () => {
  const lines = figuresTable([benchRun(), benchRun({ megapixels: 12, cpuMs: 123_456 })]).split('\n');

  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});

test('shows stages of those that tell, in the order they ran', () => {
  const runs = [benchRun({ timesMs: { decode: 41, segment: 1890 } }), benchRun({ tool: 'imgly' })];

  const [heading, ...rows] = stagesTable(runs).split('\n');

  expect(heading).toMatch(/decode +segment$/);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(/41 +1,890$/);
});

test('shows what fine edges cost beyond fast ones', () => {
  const lines = edgesTable([{ megapixels: 12, fastCpuMs: 25.4, fineCpuMs: 110.2 }]).split('\n');

  expect(lines[1]).toMatch(/^12 MP +25 +110 +85$/);
});
