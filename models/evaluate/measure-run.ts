import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ModelError } from '../errors.ts';
import type { PackedModel } from '../pack.ts';

const RunFigures = z.object({ loadMs: z.number(), runCpuMs: z.number(), peakMb: z.number() });

/** What loading and running a network costs: CPU ms of one thread, and the process's peak memory. */
export type RunFigures = z.infer<typeof RunFigures>;

const probe = fileURLToPath(new URL('measure-probe.ts', import.meta.url));

/**
 * Measures models each in fresh processes, in turns so that other load on the machine falls on all alike, and keeps each
 * figure's least.
 */
export async function measureRuns(models: readonly PackedModel[], { turns = 3 } = {}): Promise<RunFigures[]> {
  const figures: RunFigures[] = models.map(() => ({ loadMs: Infinity, runCpuMs: Infinity, peakMb: Infinity }));
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, model] of models.entries()) {
      const [now, best] = [await measureOnce(model), figures[index]];
      if (best === undefined) continue;
      figures[index] = {
        loadMs: Math.min(best.loadMs, now.loadMs),
        runCpuMs: Math.min(best.runCpuMs, now.runCpuMs),
        peakMb: Math.min(best.peakMb, now.peakMb),
      };
    }
  }
  return figures;
}

async function measureOnce({ folder, manifest }: PackedModel): Promise<RunFigures> {
  const { name, width, height } = manifest.input;
  const output = await outputOf([probe, join(folder, 'model.onnx'), name, `${height}`, `${width}`]);
  return RunFigures.parse(JSON.parse(output));
}

/** Runs Node on a script. @returns What it printed. */
function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...HEAP_KEPT },
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else
        reject(
          new ModelError(
            'unreadable_file',
            `Expected a network that loads and runs, got exit code ${code} from ${args[1]}`,
          ),
        );
    });
  });
}

/** As the workers' image sets it: memory that was freed is kept, because every page handed out anew costs a fault. */
export const HEAP_KEPT = {
  MALLOC_MMAP_MAX_: '0',
  MALLOC_TRIM_THRESHOLD_: '4294967296',
  MALLOC_TOP_PAD_: '67108864',
  MALLOC_ARENA_MAX: '1',
} as const;
