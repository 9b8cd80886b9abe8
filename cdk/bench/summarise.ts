import type { Series, ToolName } from './measure-tools.ts';

/** One tool's figures at one size: a line of the bench's `runs`. Medians over the warm rounds, but where it says otherwise. */
export interface BenchRun {
  readonly tool: ToolName;
  readonly model: string;
  readonly megapixels: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  /** CPU from the start of a new process until its first cutout was written. */
  readonly firstCutoutCpuMs: number;
  /** Over the whole life of the process, in 10^6 bytes. */
  readonly peakMb: number;
  readonly outputBytes: number;
  readonly cpuMsMin: number;
  readonly wallMsMin: number;
  readonly rounds: number;
  /** Wall time by stage; empty where the tool does not tell. */
  readonly timesMs: Readonly<Record<string, number>>;
}

/** @param warmUp How many cutouts at the start do not count. @throws {Error} when none is left. */
export function summarise(
  { tool, megapixels, measurements }: Series,
  { model, warmUp }: { model: string; warmUp: number },
): BenchRun {
  const warm = measurements.slice(warmUp);
  const [first] = measurements;
  if (first === undefined || warm.length === 0) {
    throw new Error(`Expected more than ${warmUp} measurements of ${tool}, got ${measurements.length}`);
  }
  const stages = [...new Set(warm.flatMap(({ timesMs }) => Object.keys(timesMs)))];
  const cpuMs = warm.map((measurement) => measurement.cpuMs);
  const wallMs = warm.map((measurement) => measurement.wallMs);
  return {
    tool,
    model,
    megapixels,
    cpuMs: rounded(median(cpuMs)),
    wallMs: rounded(median(wallMs)),
    firstCutoutCpuMs: rounded(first.sinceStartCpuMs),
    peakMb: rounded(Math.max(...measurements.map(({ peakMb }) => peakMb))),
    outputBytes: Math.round(median(warm.map(({ outputBytes }) => outputBytes))),
    cpuMsMin: rounded(Math.min(...cpuMs)),
    wallMsMin: rounded(Math.min(...wallMs)),
    rounds: warm.length,
    timesMs: Object.fromEntries(
      stages.map((stage) => [stage, rounded(median(warm.flatMap(({ timesMs }) => timesMs[stage] ?? [])))]),
    ),
  };
}

/** The middle value, or the mean of the two in the middle. @param values At least one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
