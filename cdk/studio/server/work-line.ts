import { randomUUID } from 'node:crypto';
import type { Choice, RunState } from '../protocol.ts';
import type { StudioStore, WorkFailure } from './studio-store.ts';

interface Waiting {
  readonly id: string;
  readonly keys: readonly string[];
  readonly controller: AbortController;
}

export interface WorkLineOptions {
  readonly store: Pick<StudioStore, 'work'>;
  readonly onRun: (run: RunState) => void;
  /** A photo's record may have changed. */
  readonly onPhoto: (key: string) => void;
  /** Brings everything about a run's photos to whoever looks, before the run is called over. */
  readonly settle: () => Promise<void>;
}

/** Runs that are remembered when they have ended, for pages opened later. */
const MOST_KEPT = 20;
/** A failing disk or model fails for every photo: the page shows this many reasons. */
const MOST_FAILURES = 200;

/** The runs that were asked for, one at a time: each brings its own workers, and a machine has only so many cores. */
export class WorkLine {
  readonly #options: WorkLineOptions;
  readonly #runs = new Map<string, RunState>();
  /** Of each run that is remembered. */
  readonly #keys = new Map<string, readonly string[]>();
  readonly #waiting: Waiting[] = [];
  #current: Waiting | null = null;
  #working: Promise<void> = Promise.resolve();

  constructor(options: WorkLineOptions) {
    this.#options = options;
  }

  get runs(): readonly RunState[] {
    return [...this.#runs.values()];
  }

  /** Photos that left no record, of the runs that are remembered. */
  get failures(): readonly WorkFailure[] {
    return this.runs.flatMap(({ failures }) => failures);
  }

  add(keys: readonly string[], choice: Choice): RunState {
    const id = randomUUID();
    const run: RunState = {
      id,
      state: 'waiting',
      choice,
      total: keys.length,
      finished: 0,
      failures: [],
      message: null,
    };
    this.#keys.set(id, keys);
    this.#update(run);
    this.#waiting.push({ id, keys, controller: new AbortController() });
    if (this.#current === null) this.#working = this.#work();
    return run;
  }

  /** Goes on with a run that broke off: what is done costs a look. @returns Null where there was no such run. */
  again(id: string): RunState | null {
    const keys = this.#keys.get(id);
    const run = this.#runs.get(id);
    return keys === undefined || run === undefined ? null : this.add(keys, run.choice);
  }

  /** Ends a run: photos in hand are finished, the others stay as they are. @returns Whether there was such a run. */
  stop(id: string): boolean {
    if (this.#current?.id === id) {
      this.#current.controller.abort();
      return true;
    }
    const index = this.#waiting.findIndex((run) => run.id === id);
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    this.#change(id, { state: 'stopped' });
    return true;
  }

  async close(): Promise<void> {
    for (const { id } of this.#waiting.splice(0)) this.#change(id, { state: 'stopped' });
    this.#current?.controller.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#waiting.shift() ?? null;
      this.#current = next;
      if (next === null) return;
      await this.#run(next);
    }
  }

  async #run({ id, keys, controller }: Waiting): Promise<void> {
    const { store, onPhoto, settle } = this.#options;
    const choice = this.#runs.get(id)?.choice;
    if (choice === undefined) return;
    this.#change(id, { state: 'starting' });
    try {
      const message = await store.work(
        { keys, choice },
        {
          onProgress: ({ finished }) => this.#change(id, { state: finished > 0 ? 'running' : 'starting', finished }),
          onPhoto,
          onFailure: (failure) => this.#fail(id, failure),
        },
        controller.signal,
      );
      await settle();
      const isStopped = controller.signal.aborted && (this.#runs.get(id)?.finished ?? 0) < keys.length;
      this.#change(id, { state: isStopped ? 'stopped' : message === null ? 'done' : 'failed', message });
    } catch (error) {
      this.#change(id, { state: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  #fail(id: string, failure: WorkFailure): void {
    const failures = this.#runs.get(id)?.failures ?? [];
    if (failures.length < MOST_FAILURES) this.#change(id, { failures: [...failures, failure] });
  }

  #change(id: string, change: Partial<RunState>): void {
    const run = this.#runs.get(id);
    if (run !== undefined) this.#update({ ...run, ...change });
  }

  #update(run: RunState): void {
    this.#runs.set(run.id, run);
    const ended = this.runs.filter(({ state }) => state === 'done' || state === 'failed' || state === 'stopped');
    for (const { id } of ended.slice(0, Math.max(0, ended.length - MOST_KEPT))) {
      this.#runs.delete(id);
      this.#keys.delete(id);
    }
    this.#options.onRun(run);
  }
}
