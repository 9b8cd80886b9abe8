import { expect, test } from 'vitest';
import { WaitingLine } from '../../../cdk/serve/waiting-line.ts';

const never = new AbortController().signal;

function lineOf(places: number, waiting: number) {
  const clock = { ms: 0 };
  return { clock, line: new WaitingLine({ places, waiting, nowMs: () => clock.ms }) };
}

test('works on so many at a time, the others in their order', async () => {
  const { line } = lineOf(2, 10);
  const started: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const works = gates.map(({ promise }, n) =>
    line.turn(never, async () => {
      started.push(n);
      await promise;
      return n;
    }),
  );

  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await works[1];
  expect(started).toEqual([0, 1, 2]);
  for (const gate of gates) gate.resolve();
  expect(await Promise.all(works)).toEqual([0, 1, 2, 3]);
});

test('sends away who finds it full, and lets in who comes after one has left', () => {
  const { line } = lineOf(1, 2);
  const leave = [line.enter(), line.enter(), line.enter()];

  expect(() => line.enter()).toThrow(expect.objectContaining({ status: 503 }));
  leave[0]?.();
  expect(() => line.enter()).not.toThrow();
  expect(() => line.enter()).toThrow(expect.objectContaining({ status: 503 }));
});

test('says when to come again from how long photos took', async () => {
  const { line, clock } = lineOf(1, 0);
  for (let n = 0; n < 30; n++) {
    await line.turn(never, async () => {
      clock.ms += 12_000;
    });
  }
  line.enter();

  expect(() => line.enter()).toThrow(expect.objectContaining({ retryAfterSeconds: 12 }));
});

test('passes over who gave up, and who fails keeps no place', async () => {
  const { line } = lineOf(1, 10);
  const gate = Promise.withResolvers<void>();
  const gone = new AbortController();
  const first = line.turn(never, () => gate.promise);
  let hasRun = false;
  const second = line.turn(gone.signal, async () => {
    hasRun = true;
  });
  const third = line.turn(never, async () => {
    throw new Error('broken');
  });
  const fourth = line.turn(never, async () => 'done');

  gone.abort();
  gate.resolve();

  await first;
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  await expect(third).rejects.toThrow('broken');
  expect(await fourth).toBe('done');
  expect(hasRun).toBe(false);
});
