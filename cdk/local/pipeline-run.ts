import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidJobError, parseJobs } from '#functions/contract/job.ts';
import { LogFile } from './log-file.ts';
import type { PhotoOutcome } from './outcome.ts';
import { parsePhotoLine } from './photo-line.ts';
import { Poller } from './poller.ts';
import type { LocalQueue } from './queue.ts';
import type { ReceivedMessage } from './queue-requests.ts';
import { RunError } from './run-error.ts';
import type { RunFolders } from './run-folders.ts';
import type { RunOptions, RunStop } from './run-local.ts';
import { keyIn, Tally } from './tally.ts';
import { watchPhotos } from './watch-photos.ts';
import { InvocationError, WorkerPool } from './worker-pool.ts';

const INTERRUPTED: RunStop = {
  code: 'interrupted',
  message: 'The run was interrupted. Run the same command again: it goes on where it stopped.',
};
const DISK_FULL: RunStop = {
  code: 'disk_full',
  message: 'The disk is full. Make room and run the same command again: it goes on where it stopped.',
};
/** With less room than this the queue's own files cannot grow. */
const FULL_DISK_BYTES = 1_000_000;
/** Messages sent, or records read, before others get a turn. */
const CHUNK = 100;

/** One run: sends the photos, polls, hands batches to the workers, and keeps account of where each photo ends. */
export class PipelineRun {
  readonly #options: RunOptions;
  readonly #folders: RunFolders;
  readonly #queue: LocalQueue;
  readonly #tally: Tally;
  readonly #log: LogFile;
  #poller: Poller | null = null;
  #total = 0;
  #finished = 0;
  /** Photos whose worker has said that they ended, while their message still waits for the rest of its batch. */
  readonly #ahead = new Set<string>();
  #stop: RunStop | null = null;
  #failure: unknown = null;

  constructor(options: RunOptions, folders: RunFolders, queue: LocalQueue) {
    this.#options = options;
    this.#folders = folders;
    this.#queue = queue;
    this.#tally = new Tally(folders.dst);
    this.#log = new LogFile(join(folders.state, 'worker.log'));
  }

  /**
   * Works until the queue is empty, or, watching, until the run is stopped.
   *
   * @returns Why it ended early, or null. @throws {RunError} when workers or queue break down.
   */
  async work(keys: readonly string[]): Promise<RunStop | null> {
    const { signal, workers, watch } = this.#options;
    const waiting = this.#queue.pendingBodies();
    this.#total = waiting.length;
    const needed = watch ? workers : Math.min(workers, Math.max(keys.length, waiting.length));
    const pool = this.#startPool(needed);
    this.#poller = this.#makePoller(pool, needed);

    const onAbort = () => this.#end(INTERRUPTED);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    const sending = this.#failing(this.#send(keys, new Set(waiting.map(keyIn))).then(() => this.#sent()));
    const watching = watch ? this.#watch() : Promise.resolve(async () => {});
    await Promise.all([this.#failing(this.#poller.run()), sending, this.#failing(watching)]);
    signal.removeEventListener('abort', onAbort);
    await watching.then(
      (end) => end(),
      () => {},
    );
    // The last lines of the workers say why the last photos failed.
    await pool.close();
    return this.#verdict(keys);
  }

  /** Where the run's photos ended, sorted by key, each with its record: those asked for and those an earlier run had left. */
  async outcomes(keys: readonly string[]): Promise<PhotoOutcome[]> {
    const ended = this.#tally.endedKeys;
    for (const body of this.#queue.failedBodies()) {
      const key = keyIn(body);
      if (key !== null && !ended.has(key)) this.#tally.fail(key);
    }
    const all = [...new Set([...keys, ...this.#tally.endedKeys])].sort();
    const unfinished = {
      code: this.#stop?.code === 'disk_full' ? 'disk_full' : 'not_processed',
      message: (this.#stop ?? INTERRUPTED).message,
    };
    const outcomes: PhotoOutcome[] = [];
    for (const chunk of inChunks(all)) {
      outcomes.push(...(await Promise.all(chunk.map((key) => this.#tally.outcome(key, unfinished)))));
    }
    return outcomes;
  }

  /** Closes the queue, and removes its files when nothing waits in them. */
  async close(): Promise<void> {
    this.#log.close();
    const isSpent = this.#queue.counts().unfinished === 0 && this.#queue.failedBodies().length === 0;
    await this.#queue.close();
    if (isSpent) await rm(this.#folders.queue, { recursive: true, force: true });
  }

  #startPool(workers: number): WorkerPool {
    const { handlerPath, workerEnv, timeoutMs } = this.#options;
    return new WorkerPool({
      handlerPath,
      env: workerEnv,
      workers,
      timeoutMs,
      isStepEnd: (line) => parsePhotoLine(line) !== null,
      onLine: (line) => this.#read(line),
      onFatal: (error) => this.#fail(error),
    });
  }

  #makePoller(pool: WorkerPool, maxConcurrency: number): Poller {
    const { maxReceiveCount, batchSize, backoffMs } = this.#options;
    return new Poller({
      queue: this.#queue,
      invoke: (event) => pool.invoke(event, event.Records.length),
      maxConcurrency,
      maxReceiveCount,
      batchSize,
      backoffMs,
      onFinished: async (messages) => {
        const keys = messages.map((message) => keyIn(message.body)).filter((key) => key !== null);
        const outcomes = await Promise.all(keys.map((key) => this.#tally.finish(key)));
        for (const key of keys) this.#ahead.delete(key);
        this.#advance(messages.length, outcomes);
      },
      onFailed: (messages, error) => this.#noteFailed(messages, error),
    });
  }

  #noteFailed(messages: readonly ReceivedMessage[], error: unknown): void {
    if (error instanceof InvocationError && error.code === 'stopped') return;
    for (const { body, attempt } of messages) {
      const key = keyIn(body);
      if (key === null) continue;
      this.#tally.noteError(key, error);
      if (attempt >= this.#options.maxReceiveCount) {
        this.#ahead.delete(key);
        this.#advance(1, [this.#tally.fail(key)]);
      }
    }
  }

  /** Sends a job for each photo that has none waiting. */
  async #send(keys: readonly string[], waiting: ReadonlySet<string | null>): Promise<void> {
    for (const chunk of inChunks(keys.filter((key) => !waiting.has(key)))) {
      if (this.#isEnding()) return;
      const bodies = chunk.flatMap((key) => this.#jobFor(key));
      this.#total += chunk.length;
      await this.#queue.send(bodies);
      this.#advance(0, []);
    }
  }

  /** A photo's message, or none when its name can be no key: that is found out here rather than after five attempts. */
  #jobFor(key: string): string[] {
    const { preset } = this.#options;
    const body = JSON.stringify({ bucket: 'photos', key, ...(preset === null ? {} : { preset }) });
    try {
      parseJobs(body);
      return [body];
    } catch (error) {
      if (!(error instanceof InvalidJobError)) throw error;
      const message = 'The name of the file or its folders cannot be used. Rename it: at most 1,024 characters in all.';
      this.#advance(1, [this.#tally.fail(key, { code: error.code, message })]);
      return [];
    }
  }

  #sent(): void {
    if (!this.#options.watch) this.#poller?.finish();
  }

  #watch(): Promise<() => Promise<void>> {
    return watchPhotos(this.#folders.src, {
      exclude: [this.#folders.dst],
      onPhoto: (key) => void this.#failing(this.#send([key], new Set())),
    });
  }

  #read(line: string): void {
    this.#log.append(line);
    this.#options.observer.onWorkerLine?.(line);
    const photo = parsePhotoLine(line);
    if (photo === null) return;
    this.#tally.noteLine(photo);
    if (photo.outcome !== 'retry') {
      this.#ahead.add(photo.key);
      this.#advance(0, []);
    }
    // Every further photo would meet the same full disk and use up its attempts on it.
    if (photo.code === 'disk_full') this.#end(DISK_FULL);
  }

  #advance(count: number, outcomes: readonly PhotoOutcome[]): void {
    const { observer } = this.#options;
    this.#finished += count;
    for (const outcome of outcomes) observer.onPhoto?.(outcome);
    observer.onProgress?.({ finished: Math.min(this.#finished + this.#ahead.size, this.#total), total: this.#total });
  }

  #end(stop: RunStop): void {
    this.#stop ??= stop;
    this.#poller?.stop();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#poller?.stop();
  }

  #isEnding(): boolean {
    return this.#stop !== null || this.#failure !== null;
  }

  async #failing(work: Promise<unknown>): Promise<void> {
    await work.catch((error: unknown) => this.#fail(error));
  }

  async #verdict(keys: readonly string[]): Promise<RunStop | null> {
    if (this.#failure !== null) await this.#explainFailure(this.#failure);
    const ended = this.#tally.endedKeys;
    const isComplete = this.#queue.counts().unfinished === 0 && keys.every((key) => ended.has(key));
    if (isComplete && this.#stop?.code === 'interrupted') this.#stop = null;
    return this.#stop;
  }

  async #explainFailure(failure: unknown): Promise<void> {
    if (failure instanceof RunError) throw failure;
    const { bavail, bsize } = await statfs(this.#folders.dst);
    if (bavail * bsize < FULL_DISK_BYTES) this.#stop = DISK_FULL;
    else {
      const why = failure instanceof Error ? failure.message : String(failure);
      throw new RunError('queue_failed', `Expected the queue in ${this.#folders.queue} to work, got: ${why}`, {
        cause: failure,
      });
    }
  }
}

function* inChunks<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
