import cliProgress from 'cli-progress';
import type { OnProgress } from '../sources/download.ts';

/** Shows what is being done on stderr: a bar where the size is known, otherwise the step with the time it has taken. */
export interface ProgressLine {
  readonly report: OnProgress;
  readonly stop: () => void;
}

const MEGABYTE = 1_000_000;

/** Starts a progress line; on anything but a terminal it prints each step once. */
export function startProgress(title: string): ProgressLine {
  if (!process.stderr.isTTY) return plainProgress(title);
  const bar = new cliProgress.SingleBar({
    format: '{title} {step} {bar} {done}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
    barsize: 24,
  });
  const begun = Date.now();
  let shown: Parameters<OnProgress>[0] = { step: 'start' };
  const draw = (): void => {
    const seconds = `${Math.round((Date.now() - begun) / 1000)} s`;
    const { step, doneBytes, totalBytes } = shown;
    const done = doneBytes === undefined ? seconds : `${(doneBytes / MEGABYTE).toFixed(1)} MB, ${seconds}`;
    bar.setTotal(totalBytes ?? 1);
    bar.update(totalBytes === undefined ? 0 : (doneBytes ?? 0), { title, step, done });
  };
  bar.start(1, 0, { title, step: shown.step, done: '' });
  const timer = setInterval(draw, 500);
  return {
    report: (progress) => {
      shown = progress;
      draw();
    },
    stop: () => {
      clearInterval(timer);
      bar.stop();
    },
  };
}

function plainProgress(title: string): ProgressLine {
  let last = '';
  return {
    report: ({ step }) => {
      if (step !== last) process.stderr.write(`${title}: ${step}\n`);
      last = step;
    },
    stop: () => {},
  };
}
