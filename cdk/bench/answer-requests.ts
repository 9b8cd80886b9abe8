import { readFile, writeFile } from 'node:fs/promises';
import { peakMemoryMb } from '#models/evaluate/peak-memory.ts';
import type { BenchAnswer, BenchRequest, Measurement } from './protocol.ts';

/** A cutout's file and, where the tool tells, the wall time of its stages. */
export interface BenchCutout {
  readonly bytes: Uint8Array;
  readonly timesMs?: Readonly<Record<string, number>>;
}

/** The whole life of a tool's process: answers its parent's requests until the parent lets go of it. */
export function answerRequests(cutOut: (photo: Buffer) => Promise<BenchCutout>): void {
  process.on('message', (request: BenchRequest) => {
    void measure(request, cutOut)
      .catch((error: unknown): BenchAnswer => ({ error: error instanceof Error ? error.message : String(error) }))
      .then((answer) => process.send?.(answer));
  });
}

async function measure(
  { photo, output }: BenchRequest,
  cutOut: (photo: Buffer) => Promise<BenchCutout>,
): Promise<Measurement> {
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const { bytes, timesMs = {} } = await cutOut(await readFile(photo));
  await writeFile(output, bytes);
  const wallMs = performance.now() - startedMs;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    cpuMs: milliseconds(cpu),
    wallMs,
    sinceStartCpuMs: milliseconds(process.cpuUsage()),
    peakMb: peakMemoryMb(),
    outputBytes: bytes.length,
    timesMs,
  };
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e3;
}
