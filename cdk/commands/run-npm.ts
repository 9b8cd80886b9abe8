import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs npm in a folder, quietly and without any package's scripts. @throws {Error} see {@link npmReason}. */
export type RunNpm = (args: readonly string[], folder: string) => Promise<void>;

// Two short retries: without network, npm's own patience would be over a minute of silence.
const PATIENCE = ['--fetch-retries=2', '--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000'];
const QUIET = ['--loglevel=error', '--no-audit', '--no-fund', '--ignore-scripts'];

export const runNpm: RunNpm = async (args, folder) => {
  await promisify(execFile)('npm', [...args, ...QUIET, ...PATIENCE], { cwd: folder, timeout: 10 * 60_000 });
};

/** @returns Why npm failed, in a few of its own words. */
export function npmReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said = 'stderr' in error ? String(error.stderr) : '';
  const reason = /, reason: (.+)/.exec(said) ?? /npm (?:error|ERR!) code (\S+)/.exec(said);
  return reason?.[1] ?? error.message.split('\n')[0] ?? 'no reason';
}
