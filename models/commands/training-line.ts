import cliProgress from 'cli-progress';
import type { TrainProgress } from '../train/train.ts';

/** Shows how far a training is: loss, photos a second, time left. */
export interface TrainingLine {
  readonly report: (progress: TrainProgress) => void;
  readonly stop: () => void;
}

/** How often a log that is no terminal gets a line. */
const LOG_EVERY_MS = 60_000;

/** Starts a live line on a terminal, a line a minute elsewhere; a validation is always told. */
export function startTrainingLine(title: string, say: (line: string) => void): TrainingLine {
  const pace = paceOf();
  const bar = process.stderr.isTTY
    ? new cliProgress.SingleBar({
        format: `${title} {bar} step {value} of {total}  {told}`,
        stream: process.stderr,
        hideCursor: true,
        barsize: 20,
      })
    : undefined;
  let [isStarted, saidAt] = [false, Number.NEGATIVE_INFINITY];
  return {
    report: (progress) => {
      const { step, steps, row } = progress;
      const told = pace(progress);
      if (bar !== undefined && !isStarted) bar.start(steps, step, { told });
      isStarted = true;
      bar?.update(step, { told });
      const { validationMae } = row ?? {};
      const isValidated = validationMae !== undefined;
      if (!isValidated && (bar !== undefined || performance.now() - saidAt < LOG_EVERY_MS)) return;
      saidAt = performance.now();
      say(`step ${step} of ${steps}  ${told}${isValidated ? `  ${validationOf(row ?? {})}` : ''}`);
    },
    stop: () => bar?.stop(),
  };
}

function validationOf(row: Readonly<Record<string, number>>): string {
  return Object.entries(row)
    .filter(([name]) => name.startsWith('validation'))
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join('  ');
}

/** Smoothed loss, and speed since the start of this run. */
function paceOf(): (progress: TrainProgress) => string {
  const begun = performance.now();
  let firstStep: number | undefined;
  let smooth: number | undefined;
  return ({ step, steps, batch, loss }) => {
    firstStep ??= step - 1;
    smooth = smooth === undefined ? loss : smooth + 0.05 * (loss - smooth);
    const seconds = (performance.now() - begun) / 1000;
    const stepsPerSecond = (step - firstStep) / seconds;
    const left = (steps - step) / stepsPerSecond;
    return `loss ${smooth.toFixed(4)}  ${(stepsPerSecond * batch).toFixed(2)} photos/s  ${durationOf(left)} left`;
  };
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
