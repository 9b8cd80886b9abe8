import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunOptions, type RunOutcome, runLocal } from '../../cdk/local/run-local.ts';

export const FAKE_HANDLER = fileURLToPath(new URL('./fake-handler.ts', import.meta.url));

/** Runs the fake handler over a source folder, with a backoff that is soon over. */
export function runFake(folders: { src: string; dst: string }, options: Partial<RunOptions> = {}): Promise<RunOutcome> {
  const { workerEnv, ...rest } = options;
  return runLocal({
    ...folders,
    handlerPath: FAKE_HANDLER,
    workerEnv: { CUTLINE_CUTOUTS: folders.dst, ...workerEnv },
    workers: 2,
    backoffMs: () => 20,
    signal: new AbortController().signal,
    ...rest,
  });
}

/** The lines the fake handler wrote to one of its files. */
export function linesOf(dst: string, file: 'journal.txt' | 'made.txt' | 'batches.txt'): string[] {
  const path = join(dst, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}
