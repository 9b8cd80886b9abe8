import type { Measurement } from '#cdk/bench/protocol.ts';
import type { BenchRun } from '#cdk/bench/summarise.ts';

/** A measurement with what the test is about replaced. */
export function measurement(changes: Partial<Measurement> = {}): Measurement {
  return { cpuMs: 100, wallMs: 60, sinceStartCpuMs: 900, peakMb: 500, outputBytes: 1000, timesMs: {}, ...changes };
}

/** A run with what the test is about replaced. */
export function benchRun(changes: Partial<BenchRun> = {}): BenchRun {
  return {
    tool: 'cutline',
    model: 'isnet',
    megapixels: 2,
    cpuMs: 2000,
    wallMs: 2100,
    firstCutoutCpuMs: 4000,
    peakMb: 1000,
    outputBytes: 3_000_000,
    cpuMsMin: 1900,
    wallMsMin: 2000,
    rounds: 6,
    timesMs: {},
    ...changes,
  };
}
