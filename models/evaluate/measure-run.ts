import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { mallocSettings } from '#functions/remove-background/malloc.ts';
import { SMALL_YOUNG_HEAP } from '#functions/remove-background/young-heap.ts';
import { ModelError } from '../errors.ts';
import type { PackedModel } from '../pack.ts';

export const RunFigures = z.object({ loadMs: z.number(), runCpuMs: z.number(), peakMb: z.number() });

/** What loading and running a network costs: ms until it is loaded, CPU ms a photo on one thread, the process's peak memory. */
export type RunFigures = z.infer<typeof RunFigures>;

const probe = fileURLToPath(new URL('measure-probe.ts', import.meta.url));

/**
 * Measures models each in fresh processes, in turns so that other load on the machine falls on all alike, and keeps each
 * figure's least.
 */
export async function measureRuns(models: readonly PackedModel[], { turns = 3 } = {}): Promise<RunFigures[]> {
  const all: RunFigures[][] = models.map(() => []);
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, model] of models.entries()) all[index]?.push(await measureOnce(model));
  }
  const least = (figures: readonly RunFigures[], of: keyof RunFigures): number =>
    Math.min(...figures.map((found) => found[of]));
  return all.map((figures) => ({
    loadMs: least(figures, 'loadMs'),
    runCpuMs: least(figures, 'runCpuMs'),
    peakMb: least(figures, 'peakMb'),
  }));
}

/** Loads and runs a network in a process set up like a worker. */
async function measureOnce({ folder }: PackedModel): Promise<RunFigures> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SMALL_YOUNG_HEAP, probe, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...mallocSettings([folder]) },
  });
  let [printed, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return RunFigures.parse(JSON.parse(printed));
  const reason = said.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? `exit code ${code}`;
  throw new ModelError('unreadable_file', `Expected a network that loads and runs in ${folder}, got ${reason.trim()}`);
}
