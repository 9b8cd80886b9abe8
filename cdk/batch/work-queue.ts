import { fileURLToPath } from 'node:url';
import { type DoubtSettings, doubtEnvironment } from '../doubt-environment.ts';
import { type PhotoLine, parsePhotoLine } from '../local/photo-line.ts';
import { POLLER_DEFAULTS, Poller } from '../local/poller.ts';
import type { RunError } from '../local/run-error.ts';
import { WorkerPool } from '../local/worker-pool.ts';
import { type Cloud, workerCloudEnvironment } from './cloud.ts';
import type { Place } from './place.ts';
import { remoteQueue } from './remote-queue.ts';

export interface WorkOptions {
  readonly workers: number;
  readonly modelFolder: string;
  /** @default the handler's */
  readonly doubts?: DoubtSettings;
  /** Ends the work: photos in hand are finished. */
  readonly signal: AbortSignal;
  /** @default the stack's */
  readonly preset?: string;
  readonly backoffMs?: (attempt: number) => number;
  readonly onPhoto?: (photo: PhotoLine) => void;
  readonly onLine?: (line: string) => void;
}

const HANDLER = fileURLToPath(new URL('../../functions/remove-background/handler.ts', import.meta.url));

/** Works on a stage's queue with this machine's workers until `signal`: what Lambda does on AWS. @throws {RunError} */
export async function workQueue(cloud: Cloud, place: Place, options: WorkOptions): Promise<void> {
  const { workers, signal, backoffMs = POLLER_DEFAULTS.backoffMs } = options;
  let failure: RunError | null = null;
  const pool = new WorkerPool({
    handlerPath: HANDLER,
    env: workerEnvironment(cloud, place, options),
    workers,
    onLine: (line) => {
      options.onLine?.(line);
      const photo = parsePhotoLine(line);
      if (photo !== null) options.onPhoto?.(photo);
    },
    onFatal: (error) => {
      failure = error;
      poller.stop();
    },
  });
  const poller = new Poller({
    queue: await remoteQueue(cloud, place.photoQueueUrl),
    invoke: (event) => pool.invoke(event),
    maxConcurrency: workers,
    backoffMs,
    onFinished: async () => {},
    onFailed: () => {},
  });
  const stop = () => poller.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    await poller.run();
  } finally {
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
  if (failure !== null) throw failure;
}

function workerEnvironment(cloud: Cloud, place: Place, options: WorkOptions): Record<string, string> {
  const { modelFolder, doubts = {}, preset } = options;
  return {
    ...workerCloudEnvironment({ endpoint: cloud.endpoint }),
    CUTLINE_STORE: 's3',
    CUTLINE_CUTOUTS: place.cutoutsBucket,
    CUTLINE_MODEL_FOLDER: modelFolder,
    ...doubtEnvironment(doubts),
    ...(preset === undefined ? {} : { CUTLINE_PRESET: preset }),
    POWERTOOLS_DEV: 'false',
    POWERTOOLS_LOG_LEVEL: 'INFO',
  };
}
