import { CutoutJob } from '#functions/contract/job.ts';
import { type PhotoOutcome, readOutcome } from './outcome.ts';
import type { PhotoLine } from './photo-line.ts';
import { InvocationError } from './worker-pool.ts';

/** Why a photo's last attempt failed. */
interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Sentences for what happens to a worker rather than to a photo; the rest comes from the handler. */
const SENTENCES: Readonly<Record<string, string>> = {
  timeout:
    'The photo took too long each time it was tried and was stopped. Try a smaller photo, or allow more with --timeout.',
  worker_crashed:
    'The program broke down on this photo each time it was tried. The photo may be damaged, or the memory too small: try --workers 1.',
};

const UNKNOWN: Failure = {
  code: 'attempts_used_up',
  message: 'The photo failed each time it was tried. Run the same command again to give it another chance.',
};

/** What is known of the photos of one run while it goes on: a status and a reason each, so that memory stays small. */
export class Tally {
  readonly #dst: string;
  readonly #statuses = new Map<string, PhotoOutcome['status']>();
  readonly #failures = new Map<string, Failure>();

  constructor(dst: string) {
    this.#dst = dst;
  }

  /** Remembers why the handler gives a photo back. */
  noteLine(line: PhotoLine): void {
    if (line.outcome !== 'retry' || line.code === undefined) return;
    this.#failures.set(line.key, { code: line.code, message: line.reason ?? UNKNOWN.message });
  }

  /** Remembers why a whole invocation failed, unless the handler itself said why. */
  noteError(key: string, error: unknown): void {
    if (!(error instanceof InvocationError) || error.code === 'handler_error') return;
    this.#failures.set(key, { code: error.code, message: SENTENCES[error.code] ?? error.message });
  }

  /** The handler is done with a photo: its record says how. */
  async finish(key: string): Promise<PhotoOutcome> {
    const outcome = await readOutcome(this.#dst, key);
    if (outcome.status === 'failed') return this.fail(key, outcome);
    this.#statuses.set(key, outcome.status);
    this.#failures.delete(key);
    return outcome;
  }

  /** A photo's attempts are used up, or `failure` says why it never had one. */
  fail(key: string, failure: Partial<Failure> = {}): PhotoOutcome {
    const { code, message } = { ...UNKNOWN, ...this.#failures.get(key), ...failure };
    this.#statuses.set(key, 'failed');
    this.#failures.set(key, { code, message });
    return { key, status: 'failed', code, message };
  }

  /** Photos that ended in this run. */
  get endedKeys(): ReadonlySet<string> {
    return new Set(this.#statuses.keys());
  }

  /** A photo's outcome for the report, with its record. `unfinished` is for photos that did not end in this run. */
  async outcome(key: string, unfinished: Failure): Promise<PhotoOutcome> {
    const status = this.#statuses.get(key);
    if (status === 'done' || status === 'rejected') return readOutcome(this.#dst, key);
    return { key, status: 'failed', ...unfinished, ...(status === 'failed' ? this.#failures.get(key) : {}) };
  }
}

/** The key a message of this run is about. */
export function keyIn(body: string): string | null {
  try {
    return CutoutJob.safeParse(JSON.parse(body)).data?.key ?? null;
  } catch {
    return null;
  }
}
