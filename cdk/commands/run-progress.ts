import cliProgress from 'cli-progress';
import { duration, photoCount } from '../report/words.ts';

export interface RunProgress {
  readonly update: (progress: { readonly finished: number; readonly total: number }) => void;
  /** Writes a line to stderr without tearing the bar. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
}

/** The rate is that of this many last milliseconds: photos that were done before pass in no time and say nothing of the rest. */
const RATE_WINDOW_MS = 30_000;
const REDRAW_MS = 500;
const PLAIN_LINE_MS = 5_000;

/** Shows on stderr how far a run is, how fast it goes and when it will end: a bar on a terminal, otherwise a line every 5 s. */
export function startRunProgress(): RunProgress {
  const rate = new Rate();
  let shown = { finished: 0, total: 0 };
  const draw = process.stderr.isTTY ? drawBar() : drawLines();
  const timer = setInterval(() => draw.show(shown, rate.perSecond(Date.now())), draw.everyMs);
  return {
    update: (progress) => {
      if (progress.finished !== shown.finished) rate.note(progress.finished, Date.now());
      shown = progress;
    },
    say: (line) => {
      draw.clear();
      process.stderr.write(`${line}\n`);
    },
    stop: () => {
      clearInterval(timer);
      draw.end();
    },
  };
}

/** Photos a second over a sliding window. */
export class Rate {
  readonly #marks: { readonly finished: number; readonly atMs: number }[] = [];

  note(finished: number, atMs: number): void {
    this.#marks.push({ finished, atMs });
    while (this.#marks.length > 2 && atMs - (this.#marks[0]?.atMs ?? 0) > RATE_WINDOW_MS) this.#marks.shift();
  }

  /** @returns 0 until two photos are finished. */
  perSecond(nowMs: number): number {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.finished <= first.finished) return 0;
    return ((last.finished - first.finished) * 1000) / (nowMs - first.atMs);
  }
}

interface Drawing {
  readonly everyMs: number;
  readonly show: (progress: { finished: number; total: number }, perSecond: number) => void;
  readonly clear: () => void;
  readonly end: () => void;
}

function drawBar(): Drawing {
  const bar = new cliProgress.SingleBar({
    format: '{bar} {status}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    // The run decides what Ctrl-C means.
    gracefulExit: false,
    barsize: 30,
  });
  // A total of 0 would draw a full bar.
  bar.start(1, 0, { status: 'starting the workers' });
  const show: Drawing['show'] = (progress, perSecond) => {
    bar.setTotal(Math.max(progress.total, 1));
    bar.update(progress.finished, { status: describe(progress, perSecond) });
  };
  return { everyMs: REDRAW_MS, show, clear: () => process.stderr.write('\r\x1b[K'), end: () => bar.stop() };
}

function drawLines(): Drawing {
  const show: Drawing['show'] = (progress, perSecond) => {
    process.stderr.write(`${describe(progress, perSecond)}\n`);
  };
  return { everyMs: PLAIN_LINE_MS, show, clear: () => {}, end: () => {} };
}

function describe({ finished, total }: { finished: number; total: number }, perSecond: number): string {
  const count = `${finished.toLocaleString('en')}/${photoCount(total)}`;
  if (finished === 0) return `${count}, starting the workers`;
  if (perSecond === 0) return count;
  const rate = perSecond >= 2 ? `${perSecond.toFixed(1)} photos/s` : `${(perSecond * 60).toFixed(0)} photos/min`;
  const left = total - finished;
  return left === 0 ? `${count}, ${rate}` : `${count}, ${rate}, ${duration((left / perSecond) * 1000)} left`;
}
