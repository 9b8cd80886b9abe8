import { expect, test } from 'vitest';
import { stepTimes } from '#models/commands/step-times.ts';

function clock() {
  let ms = 0;
  const lines: string[] = [];
  return {
    lines,
    log: (line: string) => lines.push(line),
    now: () => ms,
    pass: (seconds: number) => (ms += seconds * 1000),
  };
}

test('each step is printed with its time and last detail when the next begins', () => {
  const { lines, log, now, pass } = clock();
  const times = stepTimes(log, { now });

  times.step('observe');
  times.step('observe', 'photo 1 of 2');
  times.step('observe', 'photo 2 of 2');
  pass(12.34);
  times.step('score');
  pass(1);
  times.stop();

  expect(lines).toEqual(['observe         12.3 s  photo 2 of 2', 'score            1.0 s']);
});

test('a long step says once a minute how far it is where nobody watches, and all the time on a terminal', () => {
  const [quiet, watched] = [clock(), clock()];
  const written: string[] = [];
  const terminal = { write: (text: string) => written.push(text) > 0 };
  const [inLog, onTerminal] = [stepTimes(quiet.log, quiet), stepTimes(watched.log, { ...watched, terminal })];

  for (let layer = 0; layer <= 20; layer++) {
    inLog.step('reconstruct', `layer ${layer} of 20`);
    onTerminal.step('reconstruct', `layer ${layer} of 20`);
    quiet.pass(9);
    watched.pass(9);
  }

  expect(quiet.lines).toEqual([
    'reconstruct     63.0 s  layer 7 of 20 ...',
    'reconstruct    126.0 s  layer 14 of 20 ...',
  ]);
  expect(watched.lines).toEqual([]);
  expect(written).toHaveLength(20);
});
