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

/** How an emulator of PyPI is had and started without Docker, on the loopback address. */
interface EmulatorProgram {
  /** pip's words for it, version and all. */
  readonly install: string;
  readonly program: string;
  readonly args: (port: string) => readonly string[];
  readonly env: (port: string) => Readonly<Record<string, string>>;
  /** A path that answers once it is up. */
  readonly health: string;
}

const PROGRAMS: Readonly<Record<string, EmulatorProgram>> = {
  moto: {
    install: 'moto[server]==5.2.5',
    program: 'moto_server',
    args: (port) => ['-H', '127.0.0.1', '-p', port],
    env: () => ({}),
    health: '/moto-api/',
  },
  ministack: {
    install: 'ministack==1.5.33',
    program: 'ministack',
    args: () => [],
    // It listens on every address unless told not to.
    env: (port) => ({ BIND_HOST: '127.0.0.1', GATEWAY_PORT: port, LOG_LEVEL: 'ERROR' }),
    health: '/_ministack/health',
  },
};

const START_MS = 60_000;

/**
 * Starts the emulator that CUTLINE_EMULATOR names (moto by default), installing it into the cache first; an address there is an
 * emulator that runs already.
 *
 * @returns Null, and a line that says why, without Python.
 */
export async function startEmulator(): Promise<Emulator | null> {
  const { CUTLINE_EMULATOR: name = 'moto' } = process.env;
  if (/^https?:/.test(name)) return { endpoint: name, stop: () => {} };
  const known = PROGRAMS[name];
  if (known === undefined) throw new Error(`Expected ${Object.keys(PROGRAMS).join(' or ')} or an address, got ${name}`);
  const program = install(known);
  if (program === null) return null;
  const port = await freePort();
  const child = spawn(program, known.args(port), { stdio: 'ignore', env: { ...process.env, ...known.env(port) } });
  // A test that is given up while it starts stops nothing.
  process.once('exit', () => child.kill('SIGKILL'));
  const endpoint = `http://127.0.0.1:${port}`;
  await untilReady(`${endpoint}${known.health}`, child);
  return { endpoint, stop: () => child.kill('SIGKILL') };
}

function install({ install: wanted, program }: EmulatorProgram): string | null {
  const folder = join(cacheFolder(), 'emulators', wanted.replace(/\[.*\]|=/g, '-').replace(/-+/g, '-'));
  const path = join(folder, 'bin', program);
  if (existsSync(path)) return path;
  try {
    mkdirSync(folder, { recursive: true });
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(join(folder, 'bin', 'pip'), ['install', '--quiet', wanted], { stdio: 'pipe' });
    return path;
  } catch (error) {
    console.warn(`NOT RUN: ${wanted} could not be installed (${error instanceof Error ? error.message : error})`);
    return null;
  }
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return String(typeof address === 'object' && address !== null ? address.port : 0);
}

async function untilReady(address: string, child: ChildProcess): Promise<void> {
  const endMs = Date.now() + START_MS;
  while (Date.now() < endMs && child.exitCode === null) {
    const isReady = await fetch(address).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await sleep(100);
  }
  throw new Error(`Expected the emulator to answer at ${address} within ${START_MS / 1_000} s`);
}
