import { ApiError } from './api-error.ts';

interface LineOptions {
  /** Requests that are worked on at the same time. */
  readonly places: number;
  /** Requests that may wait beside those. */
  readonly waiting: number;
  readonly nowMs: () => number;
}

/** A guess at how long a photo takes, before one was seen. */
const FIRST_GUESS_MS = 5000;

/**
 * Who is in the house, and whose turn it is. Whoever finds it full is sent away at once, before a byte of the photo is read,
 * so that memory has an upper bound.
 */
export class WaitingLine {
  readonly #options: LineOptions;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;
  #working = 0;
  #usualMs = FIRST_GUESS_MS;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /**
   * Lets a request in.
   *
   * @returns What to call once, when it leaves. @throws {ApiError} 503, with the seconds after which a place should be free.
   */
  enter(): () => void {
    const { places, waiting } = this.#options;
    if (this.#inside >= places + waiting) throw this.#full();
    this.#inside++;
    return () => {
      this.#inside--;
    };
  }

  /** Works on a photo as soon as a place is free. Whoever gave up (`signal`) before its turn is passed over. */
  async turn<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (this.#working >= this.#options.places) {
      // Whoever leaves hands its place over, so that nobody can slip in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#working++;
    }
    try {
      signal.throwIfAborted();
      const startedMs = this.#options.nowMs();
      const result = await work();
      this.#usualMs += (this.#options.nowMs() - startedMs - this.#usualMs) / 4;
      return result;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#working--;
      else next();
    }
  }

  #full(): ApiError {
    const waitMs = (this.#usualMs * (this.#waiting.length + 1)) / this.#options.places;
    const entry = {
      code: 'server_busy',
      title: 'Server busy',
      detail: `Expected a free place, got ${this.#inside} photos in hand or waiting. Try again later.`,
    };
    return new ApiError(503, entry, { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
