import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UsageError } from './usage-error.ts';

/** Where cdk.json lies. */
export const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const CDK_PROGRAM = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Runs the CDK's own command line in this terminal. @returns Its exit code. */
export async function runCdk(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CDK_PROGRAM, ...args], { cwd: PROJECT, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}

/** The same in silence. @throws {Error} with what it said when it fails. */
export async function runCdkQuietly(args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [CDK_PROGRAM, ...args], { cwd: PROJECT, maxBuffer: 64e6 });
}

/** cdk.json's context with what was given by `-c` on top. */
export async function contextOf(given: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const { context } = CdkJson.parse(JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')));
  return { ...context, ...given };
}

/** Reads `-c name=value`, which may be given several times. @throws {UsageError} */
export function contextFlag(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new UsageError(`Expected -c name=value, got -c ${text}`);
  return { ...before, [name]: value };
}

/** The same for the CDK. */
export function contextArguments(context: Readonly<Record<string, string>>): string[] {
  return Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
