import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

interface KillerOptions {
  readonly everyMs: number;
  /** No more than so many. */
  readonly most: number;
  /** Where the workers' calls go: one that has a connection there is at work and not still starting. */
  readonly endpoint: string;
  /** Photos that ended so far. On a slow machine something is done between two kills. */
  readonly progress: () => number;
}

/** Kills one of this process's workers every so often, in whatever it is doing. Needs /proc. */
export function killWorkers({ everyMs, most, endpoint, progress }: KillerOptions): { readonly stop: () => number } {
  const port = Number(new URL(endpoint).port);
  let kills = 0;
  let before = progress();
  const timer = setInterval(() => {
    if (progress() === before || kills >= most) return;
    const sockets = socketsTo(port);
    const atWork = workersOf(process.pid).filter((worker) => filesOf(worker).some((file) => sockets.has(file)));
    const victim = atWork[kills % Math.max(1, atWork.length)];
    if (victim === undefined) return;
    before = progress();
    process.kill(victim, 'SIGKILL');
    kills++;
  }, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return kills;
    },
  };
}

/** Process ids of the children that run the worker program. */
function workersOf(parent: number): number[] {
  const tasks = `/proc/${parent}/task`;
  return readdirSync(tasks)
    .flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').trim().split(' '))
    .map(Number)
    .filter(
      (child) => child > 0 && orElse('', () => readFileSync(`/proc/${child}/cmdline`, 'utf8')).includes('worker.ts'),
    );
}

/** As `socket:[inode]`, whoever has them: the table's columns are local address, remote address, state, ..., inode. */
function socketsTo(port: number): ReadonlySet<string> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return new Set(rows.filter((row) => row[2]?.endsWith(remote)).map((row) => `socket:[${row[9]}]`));
}

function filesOf(worker: number): string[] {
  const folder = `/proc/${worker}/fd`;
  return orElse<string[]>([], () => readdirSync(folder)).map((file) =>
    orElse('', () => readlinkSync(`${folder}/${file}`)),
  );
}

/** A process can end while it is looked at. */
function orElse<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
