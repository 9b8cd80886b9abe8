import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunOptions, type RunOutcome, runLocal } from '../../cdk/local/run-local.ts';
import { temporaryFolder, writeFiles } from './folders.ts';

export const FAKE_HANDLER = fileURLToPath(new URL('./fake-handler.ts', import.meta.url));

/** A new source folder with these photos, and a target beside it. */
export function foldersWith(photos: readonly string[]): { src: string; dst: string } {
  const root = temporaryFolder();
  const folders = { src: join(root, 'photos'), dst: join(root, 'cutouts') };
  mkdirSync(folders.src);
  mkdirSync(folders.dst);
  writeFiles(folders.src, photos);
  return folders;
}

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
