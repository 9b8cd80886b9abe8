import { expect, test } from 'vitest';
import type { RunState } from '#cdk/studio/protocol.ts';
import type { StudioStore } from '#cdk/studio/server/studio-store.ts';
import { WorkLine } from '#cdk/studio/server/work-line.ts';

const choice = { model: 'tiny', presets: ['transparent'], edges: null };

/** A line over a store whose work ends when a test says so, or is stopped. */
function lineOf(work: StudioStore['work']): { line: WorkLine; stateOf: (run: RunState) => RunState | undefined } {
  const line = new WorkLine({ store: { work }, onRun: () => {}, onPhoto: () => {}, settle: async () => {} });
  return { line, stateOf: ({ id }) => line.runs.find((run) => run.id === id) };
}

const untilStopped = (signal: AbortSignal) =>
  new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null)));

test('runs come one after the other, and one that waits can be called off', async () => {
  const seen: (readonly string[])[] = [];
  const { line, stateOf } = lineOf(async ({ keys }, _, signal) => {
    seen.push(keys);
    return await untilStopped(signal);
  });

  const [first, second] = [line.add(['a.jpg'], choice), line.add(['b.jpg'], choice)];
  line.stop(second.id);
  line.stop(first.id);
  await line.close();

  expect(seen).toEqual([['a.jpg']]);
  expect([stateOf(first)?.state, stateOf(second)?.state]).toEqual(['stopped', 'stopped']);
});

test('a run that was stopped goes on with the same photos', async () => {
  const seen: (readonly string[])[] = [];
  const { line, stateOf } = lineOf(async ({ keys }, observer, signal) => {
    seen.push(keys);
    if (seen.length === 1) return await untilStopped(signal);
    observer.onProgress({ finished: keys.length, total: keys.length });
    return null;
  });
  const first = line.add(['a.jpg', 'b.jpg'], choice);
  line.stop(first.id);

  const second = line.again(first.id);
  await expect.poll(() => second !== null && stateOf(second)?.state).toBe('done');

  expect(seen).toEqual([
    ['a.jpg', 'b.jpg'],
    ['a.jpg', 'b.jpg'],
  ]);
  expect(line.again(crypto.randomUUID())).toBeNull();
  await line.close();
});

test('work that breaks down is said with its reason, and the next run starts all the same', async () => {
  let count = 0;
  const { line, stateOf } = lineOf(async () => {
    count++;
    if (count === 1) throw new Error('Expected a worker to start');
    return null;
  });

  const [broken, next] = [line.add(['a.jpg'], choice), line.add(['b.jpg'], choice)];
  await expect.poll(() => stateOf(next)?.state).toBe('done');

  expect(stateOf(broken)).toMatchObject({ state: 'failed', message: 'Expected a worker to start' });
  await line.close();
});
