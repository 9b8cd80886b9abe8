import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../cdk/cli.ts', import.meta.url));

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts `cutline ...` as a user would, in a process of its own. */
export function startCli(args: readonly string[], { cwd }: { readonly cwd?: string } = {}) {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], { cwd, stdio: 'pipe' });
}

/** Runs `cutline ...` to its end. */
export async function runCli(
  args: readonly string[],
  { stdin }: { readonly stdin?: Uint8Array } = {},
): Promise<CliResult> {
  const child = startCli(args);
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(stdin);
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout: Buffer.concat(stdout), stderr }));
  });
}
