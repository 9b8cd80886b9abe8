import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { mallocSettings } from '#functions/remove-background/malloc.ts';
import { SMALL_YOUNG_HEAP } from '#functions/remove-background/young-heap.ts';
import { QUEUE_SETTINGS } from '../queue-settings.ts';
import { RunError } from './run-error.ts';
import type { InvocationRequest, WorkerMessage } from './worker-messages.ts';

export interface WorkerPoolOptions {
  /** Module that exports `handler(event, context)`. */
  readonly handlerPath: string;
  readonly workers: number;
  /** Added to this process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The longest a worker may be at an event, or at one step of it. @default the function's timeout on AWS */
  readonly timeoutMs: number;
  /** Whether a line of a worker's output says that a step has ended: one that takes its steps is slow, not stuck. @default never */
  readonly isStepEnd: (line: string) => boolean;
  /** How long a worker may take to load its handler and model. @default 120,000 */
  readonly startTimeoutMs: number;
  /** Every line a worker writes to stdout or stderr. */
  readonly onLine: (line: string) => void;
  /** Called once, when workers die before they are ready time after time. The pool does nothing more then. */
  readonly onFatal: (error: RunError) => void;
}

export const WORKER_POOL_DEFAULTS = {
  timeoutMs: QUEUE_SETTINGS.functionTimeoutSeconds * 1000,
  isStepEnd: () => false,
  startTimeoutMs: 120_000,
} satisfies Partial<WorkerPoolOptions>;

type RequiredOptions = Omit<WorkerPoolOptions, keyof typeof WORKER_POOL_DEFAULTS>;

/** An invocation that gave no answer. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError';
  readonly code: 'timeout' | 'worker_crashed' | 'handler_error' | 'stopped';

  constructor(code: InvocationError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

interface Invocation<Event, Answer> {
  readonly event: Event;
  readonly steps: number;
  readonly resolve: (response: Answer | null) => void;
  readonly reject: (error: InvocationError) => void;
}

interface PoolWorker<Event, Answer> {
  readonly child: ChildProcess;
  /** Both streams read to their end, process gone. */
  readonly closed: Promise<void>;
  isReady: boolean;
  work: { readonly id: string; readonly invocation: Invocation<Event, Answer> } | null;
  timer: NodeJS.Timeout | null;
  hasTimedOut: boolean;
}

const WORKER_PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url));
const START_ATTEMPTS = 3;
const LAST_WORDS = 8;

/**
 * Child processes that run the handler, one invocation at a time each. One that overruns the timeout is killed, even when
 * it is stopped or stuck in native code, and one that dies is replaced. Events and answers may hold bytes.
 */
export class WorkerPool<Event = SQSEvent, Answer = SQSBatchResponse> {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Set<PoolWorker<Event, Answer>>();
  readonly #waiting: Invocation<Event, Answer>[] = [];
  readonly #lastWords: string[] = [];
  #failedStarts = 0;
  #isClosing = false;

  constructor(options: RequiredOptions & Partial<WorkerPoolOptions>) {
    this.#options = { ...WORKER_POOL_DEFAULTS, ...options };
    for (let n = 0; n < options.workers; n++) this.#start();
  }

  /**
   * Runs the handler on an event as soon as a worker is free.
   *
   * @param steps How many the event has. The handler is told that it has the time of all.
   * @throws {InvocationError} when the handler throws, or its worker is killed at the timeout or dies.
   */
  invoke(event: Event, steps = 1): Promise<Answer | null> {
    return new Promise((resolve, reject) => {
      if (this.#isClosing) return reject(stoppedError());
      this.#waiting.push({ event, steps, resolve, reject });
      this.#dispatch();
    });
  }

  /** Lets the workers go, which ends them, and waits until their output is read. Photos in hand are cut short. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const invocation of this.#waiting.splice(0)) invocation.reject(stoppedError());
    const workers = [...this.#workers];
    // A stopped process never sees the closed channel, and an idle one has nothing to lose.
    for (const { child } of workers) child.kill('SIGKILL');
    await Promise.all(workers.map((worker) => worker.closed));
  }

  #start(): void {
    const { handlerPath, env, startTimeoutMs } = this.#options;
    const { CUTLINE_MODEL_FOLDER: model, CUTLINE_ESCALATE_FOLDER: bigger } = env;
    const child = fork(WORKER_PROGRAM, [handlerPath, String(process.pid)], {
      env: { ...process.env, ...mallocSettings([model, bigger]), ...env },
      execArgv: [SMALL_YOUNG_HEAP],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const worker: PoolWorker<Event, Answer> = {
      child,
      closed: new Promise((resolve) => child.once('close', () => resolve())),
      isReady: false,
      work: null,
      timer: setTimeout(() => child.kill('SIGKILL'), startTimeoutMs),
      hasTimedOut: false,
    };
    this.#workers.add(worker);
    child.on('message', (message: WorkerMessage<Answer>) => this.#receive(worker, message));
    // Reported by `close`, which follows.
    child.on('error', (error) => this.#note(error.message));
    void worker.closed.then(() => this.#bury(worker));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#hear(worker, line));
    }
  }

  #hear(worker: PoolWorker<Event, Answer>, line: string): void {
    if (worker.work !== null && this.#options.isStepEnd(line)) this.#limit(worker);
    this.#note(line);
  }

  #note(line: string): void {
    if (line.trim() !== '') this.#lastWords.push(line);
    if (this.#lastWords.length > LAST_WORDS) this.#lastWords.shift();
    this.#options.onLine(line);
  }

  #receive(worker: PoolWorker<Event, Answer>, message: WorkerMessage<Answer>): void {
    if (message.type === 'ready') {
      this.#failedStarts = 0;
      worker.isReady = true;
    } else if (worker.work?.id === message.id) {
      const { invocation } = worker.work;
      worker.work = null;
      if (message.type === 'answer') invocation.resolve(message.response);
      else invocation.reject(new InvocationError('handler_error', message.message));
    }
    if (worker.timer !== null) clearTimeout(worker.timer);
    worker.timer = null;
    this.#dispatch();
  }

  #dispatch(): void {
    for (const worker of this.#workers) {
      if (!worker.isReady || worker.work !== null || !worker.child.connected) continue;
      const invocation = this.#waiting.shift();
      if (invocation === undefined) return;
      this.#hand(worker, invocation);
    }
  }

  #hand(worker: PoolWorker<Event, Answer>, invocation: Invocation<Event, Answer>): void {
    const { timeoutMs } = this.#options;
    const request: InvocationRequest<Event> = {
      id: randomUUID(),
      event: invocation.event,
      deadlineMs: Date.now() + timeoutMs * invocation.steps,
    };
    worker.work = { id: request.id, invocation };
    this.#limit(worker);
    // An error here means that the process is dying: `close` follows and gives the invocation back.
    worker.child.send(request, () => {});
  }

  /** From now on a worker has the time of one step. */
  #limit(worker: PoolWorker<Event, Answer>): void {
    if (worker.timer !== null) clearTimeout(worker.timer);
    worker.timer = setTimeout(() => {
      worker.hasTimedOut = true;
      worker.child.kill('SIGKILL');
    }, this.#options.timeoutMs);
  }

  #bury(worker: PoolWorker<Event, Answer>): void {
    this.#workers.delete(worker);
    if (worker.timer !== null) clearTimeout(worker.timer);
    worker.work?.invocation.reject(this.#causeOfDeath(worker));
    if (this.#isClosing) return;
    if (!worker.isReady && ++this.#failedStarts >= START_ATTEMPTS) this.#giveUp();
    else this.#start();
  }

  #causeOfDeath({ hasTimedOut, child }: PoolWorker<Event, Answer>): InvocationError {
    if (this.#isClosing) return stoppedError();
    if (!hasTimedOut) {
      const how = child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
      return new InvocationError('worker_crashed', `The worker died in the middle of the photo (${how}).`);
    }
    const seconds = this.#options.timeoutMs / 1000;
    return new InvocationError('timeout', `The photo took longer than ${seconds} s, so its worker was stopped.`);
  }

  #giveUp(): void {
    void this.close();
    const words = this.#lastWords.join('\n');
    this.#options.onFatal(
      new RunError(
        'workers_do_not_start',
        `Expected a worker to start, but ${START_ATTEMPTS} in a row died before they were ready. Their last words:\n${words}`,
      ),
    );
  }
}

function stoppedError(): InvocationError {
  return new InvocationError('stopped', 'The run was stopped before the photo was finished.');
}
