import { duration, photoCount } from '../report/words.ts';
import type { BatchManifest } from './batch-manifest.ts';
import type { BatchOutcome } from './batch-outcomes.ts';
import type { Place } from './place.ts';
import { costUsd, dollars } from './prices.ts';

/** How far a batch is. */
export interface BatchProgress {
  readonly photos: number;
  readonly done: number;
  /** How many of `done` should be looked at. */
  readonly review: number;
  readonly rejected: number;
  readonly failed: number;
  readonly waiting: number;
  /** Photos a second over the last minutes; 0 where none ended in them. */
  readonly perSecond: number;
  /** Null while nothing is known of the rate, 0 at the end. */
  readonly leftMs: number | null;
  /** Null on this machine. */
  readonly costUsd: number | null;
}

/** The rate is that of the last minutes: a batch can have stood still before, or been short of workers. */
const RATE_WINDOW_MS = 5 * 60_000;

interface ProgressOptions {
  readonly manifest: Pick<BatchManifest, 'submittedAt'>;
  /** Null where the photos are this machine's own. */
  readonly place: Place | null;
  readonly nowMs: number;
}

type Ended = Pick<BatchOutcome, 'status' | 'record' | 'endedMs'>;

export function progressOf(outcomes: readonly Ended[], { manifest, place, nowMs }: ProgressOptions): BatchProgress {
  const count = (wanted: (outcome: Ended) => boolean) => outcomes.filter(wanted).length;
  const waiting = count(({ status }) => status === 'waiting');
  const sinceMs = Math.max(Date.parse(manifest.submittedAt), nowMs - RATE_WINDOW_MS);
  const recent = count(({ endedMs }) => endedMs !== undefined && endedMs >= sinceMs);
  const perSecond = (recent * 1_000) / Math.max(nowMs - sinceMs, 1_000);
  return {
    photos: outcomes.length,
    done: count(({ status }) => status === 'done'),
    review: count(({ record }) => record?.verdict === 'review'),
    rejected: count(({ status }) => status === 'rejected'),
    failed: count(({ status }) => status === 'failed'),
    waiting,
    perSecond,
    leftMs: waiting === 0 ? 0 : perSecond === 0 ? null : (waiting / perSecond) * 1_000,
    costUsd: place === null ? null : costOf(outcomes, place),
  };
}

/** What the work behind these records cost; photos that were tried in vain before are not in them. */
function costOf(outcomes: readonly Ended[], place: Place): number {
  const records = outcomes.flatMap(({ record }) => record ?? []);
  const ms = records.flatMap(({ timesMs }) => Object.values(timesMs)).reduce((sum, stage) => sum + stage, 0);
  return costUsd({ photos: records.length, seconds: ms / 1_000 }, place);
}

/** One or two lines for the terminal. */
export function describeProgress(progress: BatchProgress): string {
  const { photos, done, review, rejected, failed, waiting, perSecond, leftMs } = progress;
  const ended = photos - waiting;
  const parts = [
    `${done.toLocaleString('en')} done${review > 0 ? ` (${review.toLocaleString('en')} to look at)` : ''}`,
    ...(rejected > 0 ? [`${rejected.toLocaleString('en')} rejected`] : []),
    ...(failed > 0 ? [`${failed.toLocaleString('en')} failed`] : []),
    ...(waiting > 0 ? [`${waiting.toLocaleString('en')} waiting`] : []),
  ];
  const rate = perSecond >= 1 ? `${perSecond.toFixed(1)} photos/s` : `${(perSecond * 60).toFixed(0)} photos/min`;
  const left =
    leftMs === null ? 'time left unknown: nothing has ended lately' : `${rate}, about ${duration(leftMs)} left`;
  const pace = waiting === 0 ? 'finished' : left;
  const cost = progress.costUsd === null ? '' : `, ${dollars(progress.costUsd)} so far`;
  return `${ended.toLocaleString('en')}/${photoCount(photos)}: ${parts.join(', ')}\n${pace}${cost}`;
}
