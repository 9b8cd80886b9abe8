import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from '#models/cache-folder.ts';

export interface Emulator {
  readonly endpoint: string;
  readonly stop: () => void;
}

/** Bump both when trying a newer moto. */
const MOTO = 'moto[server]==5.2.5';
const START_MS = 60_000;

/** Starts moto on the loopback address, installing it into the cache first. @returns Null, and a line that says why, without Python. */
export async function startMoto(): Promise<Emulator | null> {
  const program = installMoto();
  if (program === null) return null;
  const port = await freePort();
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilReady(endpoint, child);
  return { endpoint, stop: () => child.kill('SIGKILL') };
}

function installMoto(): string | null {
  const folder = join(cacheFolder(), 'emulators', 'moto-5.2.5');
  const program = join(folder, 'bin', 'moto_server');
  if (existsSync(program)) return program;
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(join(folder, 'bin', 'pip'), ['install', '--quiet', MOTO], { stdio: 'pipe' });
    return program;
  } catch (error) {
    console.warn(`NOT RUN against moto: it could not be installed (${error instanceof Error ? error.message : error})`);
    return null;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function untilReady(endpoint: string, child: ChildProcess): Promise<void> {
  const endMs = Date.now() + START_MS;
  while (Date.now() < endMs && child.exitCode === null) {
    const isReady = await fetch(`${endpoint}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await sleep(100);
  }
  throw new Error(`Expected moto to answer at ${endpoint} within ${START_MS / 1_000} s`);
}
