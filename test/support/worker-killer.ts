import { readdirSync, readFileSync } from 'node:fs';

/** Kills one of this process's workers every so often, each in its turn, in whatever it is doing. */
export function killWorkers({ everyMs }: { readonly everyMs: number }): { readonly stop: () => number } {
  let kills = 0;
  const timer = setInterval(() => {
    const workers = workersOf(process.pid);
    const victim = workers[kills % Math.max(1, workers.length)];
    if (victim === undefined) return;
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

/** Process ids of the children that run the worker program; none where there is no /proc to ask. */
function workersOf(parent: number): number[] {
  const tasks = `/proc/${parent}/task`;
  return readdirSync(tasks)
    .flatMap((task) => readFileSync(`${tasks}/${task}/children`, 'utf8').trim().split(' '))
    .map(Number)
    .filter((child) => child > 0 && commandOf(child).includes('cdk/local/worker.ts'));
}

function commandOf(child: number): string {
  try {
    return readFileSync(`/proc/${child}/cmdline`, 'utf8');
  } catch {
    // Ended meanwhile.
    return '';
  }
}
