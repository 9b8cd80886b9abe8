import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../cdk/cli.ts', import.meta.url));

export interface CutlineResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs the command line as a user does, with `stdin` as its input. */
export async function runCutline(
  args: readonly string[],
  stdin: Uint8Array = new Uint8Array(),
): Promise<CutlineResult> {
  const child = startCutline(args);
  child.stdin?.end(stdin);
  return endOf(child);
}

/** Starts the command line. */
export function startCutline(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Waits for the end of a command that was started. */
export async function endOf(child: ChildProcess): Promise<CutlineResult> {
  if (child.stdout === null || child.stderr === null) throw new Error('Expected a child with pipes');
  const ended = once(child, 'close');
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  await ended;
  return { exitCode: child.exitCode, stdout, stderr: stderr.toString() };
}
