import { QUEUE_SETTINGS } from '../queue-settings.ts';
import type { PhotoOutcome } from './outcome.ts';
import { listPhotos } from './photos-folder.ts';
import { PipelineRun } from './pipeline-run.ts';
import { POLLER_DEFAULTS } from './poller.ts';
import { openQueue, QUEUE_DEFAULTS } from './queue.ts';
import { RunError } from './run-error.ts';
import { prepareFolders } from './run-folders.ts';
import { lockRun } from './run-lock.ts';
import { WORKER_POOL_DEFAULTS } from './worker-pool.ts';

export interface RunOptions {
  /** Folder of photos, and folder for the results. */
  readonly src: string;
  readonly dst: string;
  /** Module that exports the handler, and what to add to its environment. */
  readonly handlerPath: string;
  readonly workerEnv: Readonly<Record<string, string>>;
  readonly workers: number;
  /**
   * The longest that a worker may be at one photo. AWS ends an invocation at its timeout however far its batch is; here
   * other programs share the cores, and a batch that gets on slowly is left to do so. @default the function's timeout on AWS
   */
  readonly timeoutMs: number;
  readonly maxReceiveCount: number;
  readonly batchSize: number;
  /** @default 1 s, doubled with each attempt */
  readonly backoffMs: (attempt: number) => number;
  /** Only these photos of `src`. @default all */
  readonly only?: ReadonlySet<string> | undefined;
  /** Presets' ids that each job asks for, with commas. @default what the workers' environment says */
  readonly preset: string | null;
  /** Goes on until `signal`, with photos that are added or changed. @default false */
  readonly watch: boolean;
  /** Ends the run early: photos in hand are finished, the rest waits for the next run. */
  readonly signal: AbortSignal;
  readonly observer: RunObserver;
}

/** Hears how a run is going. */
export interface RunObserver {
  /** Called before the first photo, once nothing stands in the run's way. */
  readonly onStart?: () => Promise<void>;
  /** Photos finished of those known so far. */
  readonly onProgress?: (progress: { readonly finished: number; readonly total: number }) => void;
  /** Called with every photo as it ends. */
  readonly onPhoto?: (outcome: PhotoOutcome) => void;
  /** Every line of the workers' output. */
  readonly onWorkerLine?: (line: string) => void;
}

export const RUN_DEFAULTS = {
  timeoutMs: WORKER_POOL_DEFAULTS.timeoutMs,
  maxReceiveCount: QUEUE_DEFAULTS.maxReceiveCount,
  batchSize: POLLER_DEFAULTS.batchSize,
  backoffMs: POLLER_DEFAULTS.backoffMs,
  preset: null,
  watch: false,
  observer: {},
} satisfies Partial<RunOptions>;

/** As on AWS, so that no message comes back while its batch is at work. */
const VISIBLE_AFTER_TIMEOUTS = QUEUE_SETTINGS.visibilityTimeoutSeconds / QUEUE_SETTINGS.functionTimeoutSeconds;

type RequiredOptions = Omit<RunOptions, keyof typeof RUN_DEFAULTS>;

/** Why a run ended before its photos did. */
export interface RunStop {
  readonly code: 'interrupted' | 'disk_full';
  /** Says how to go on. */
  readonly message: string;
}

/** Where every photo of a run ended, sorted by key. */
export interface RunOutcome {
  readonly photos: readonly PhotoOutcome[];
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly stop: RunStop | null;
}

/**
 * Cuts out a folder of photos on this machine: queue, poller and workers as on AWS.
 *
 * Every photo of `src` is sent to the queue unless it waits there already, and handled until it has a record or its attempts
 * are used up. Killed at any moment, the same call again takes up the rest; what is done already costs only a look.
 *
 * @throws {RunError} when it cannot start, or when workers or queue break down.
 */
export async function runLocal(options: RequiredOptions & Partial<RunOptions>): Promise<RunOutcome> {
  const settings: RunOptions = { ...RUN_DEFAULTS, ...options };
  const startedAt = new Date();
  const folders = await prepareFolders(settings.src, settings.dst);
  const unlock = lockRun(folders.state);
  try {
    const all = await listPhotos(folders.src, { exclude: [folders.dst] });
    const { only } = settings;
    const keys = only === undefined ? all : all.filter((key) => only.has(key));
    if (keys.length === 0 && !settings.watch) {
      throw new RunError(
        'no_photos',
        `Expected photos in ${folders.src}, found none. Check that it is the right folder.`,
      );
    }
    await settings.observer.onStart?.();
    const { maxReceiveCount, timeoutMs } = settings;
    const visibilityTimeoutSeconds = Math.ceil((timeoutMs / 1000) * VISIBLE_AFTER_TIMEOUTS);
    const queue = await openQueue(folders.queue, { maxReceiveCount, visibilityTimeoutSeconds });
    const run = new PipelineRun(settings, folders, queue);
    try {
      const stop = await run.work(keys);
      return { photos: await run.outcomes(keys), startedAt, endedAt: new Date(), stop };
    } finally {
      await run.close();
    }
  } finally {
    unlock();
  }
}
