import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RunError } from './run-error.ts';

/**
 * Makes sure that one run at a time works on a folder. The lock is the operating system's, on a file inside `folder`, so it
 * is gone with the process, however that ends.
 *
 * @returns A function that gives the lock back. @throws {RunError} `already_running`.
 */
export function lockRun(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if (!isBusy(cause)) throw cause;
    throw new RunError(
      'already_running',
      `Expected no other run on ${folder}, but one is at work. Wait for it to end, or stop it with Ctrl-C in its terminal, and start again.`,
      { cause },
    );
  }
  return () => database.close();
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
