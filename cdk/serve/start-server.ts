import { fileURLToPath } from 'node:url';
import type { DoubtSettings } from '../doubt-environment.ts';
import { WorkerPool } from '../local/worker-pool.ts';
import type { CutoutAnswer, CutoutRequest } from './cutout-messages.ts';
import { createServer, type ServerOptions } from './server.ts';
import { type WorkerSettings, writeWorkerSettings } from './worker-settings.ts';

export interface StartOptions extends Omit<ServerOptions, 'cutOut'>, Pick<WorkerSettings, 'modelFolder' | 'threads'> {
  /** When a cutout is doubtful, and what is done then. @default as everywhere */
  readonly doubt?: DoubtSettings;
  /** An address of this machine. */
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Width x height that is still decoded. */
  readonly maxPixels: number;
  /** A photo that takes longer is given up, its worker stopped. */
  readonly timeoutMs: number;
  /** Every line a worker writes. */
  readonly onLine: (line: string) => void;
}

export interface RunningServer {
  /** Where it listens, e.g. http://127.0.0.1:8080. */
  readonly url: string;
  /** Settled with an error when the workers cannot start. */
  readonly broken: Promise<never>;
  /** Finishes the requests in hand, then ends the workers. */
  readonly close: () => Promise<void>;
}

const HANDLER = fileURLToPath(new URL('./cutout-handler.ts', import.meta.url));

/** Starts the workers and listens. @throws What the system says of an address or port that cannot be had. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { host, port, workers, doubt = {}, maxBytes, maxPixels, timeoutMs, onLine } = options;
  const broken = Promise.withResolvers<never>();
  const pool = new WorkerPool<CutoutRequest, CutoutAnswer>({
    handlerPath: HANDLER,
    workers,
    env: writeWorkerSettings({ ...options, doubt, limits: { maxBytes, maxPixels } }),
    timeoutMs,
    onLine,
    onFatal: broken.reject,
  });
  // Whoever starts it waits for this, too; until then nobody does.
  broken.promise.catch(() => {});
  const server = await createServer({ ...options, cutOut: (request) => invoke(pool, request) });
  const close = async () => {
    await server.close();
    await pool.close();
  };
  try {
    const url = await server.listen({ host, port });
    return { url, broken: broken.promise, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function invoke(pool: WorkerPool<CutoutRequest, CutoutAnswer>, request: CutoutRequest): Promise<CutoutAnswer> {
  const answer = await pool.invoke(request);
  if (answer === null) throw new Error('Expected an answer from the worker, got none');
  return answer;
}
