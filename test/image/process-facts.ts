import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** The kernel's clock in /proc: 100 ticks a second on every Linux. */
const MS_PER_TICK = 10;

/** What a process has used since it started. */
export interface ProcessFacts {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

/** @returns The id of the Node process that was started with all of these variables; undefined where none can be seen. */
export function findWorker(env: Readonly<Record<string, string>>): number | undefined {
  const wanted = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((id) => {
      try {
        const found = new Set(readFileSync(`/proc/${id}/environ`, 'utf8').split('\0'));
        return basename(readlinkSync(`/proc/${id}/exe`)) === 'node' && wanted.every((variable) => found.has(variable));
      } catch {
        return false; // somebody else's, or gone by now
      }
    });
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
export function processFacts(id: number): ProcessFacts {
  const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
  // Fields are counted from the third on: the second, the name in brackets, may hold spaces.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (number: number): number => fields[number - 3] ?? Number.NaN;
  const upMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  const peakKb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
  return {
    wallMs: upMs - field(22) * MS_PER_TICK,
    cpuMs: (field(14) + field(15)) * MS_PER_TICK,
    peakMemoryBytes: Number(peakKb) * 1024,
  };
}
