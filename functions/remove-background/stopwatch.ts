import type { Stage } from '../imaging/cutout.ts';

type TimedStage = Stage | 'read' | 'write';

/** Adds up the wall time of one photo's stages. */
export class Stopwatch {
  readonly #nowMs: () => number;
  readonly #times = new Map<TimedStage, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  readonly stage = async <T>(name: TimedStage, run: () => T | Promise<T>): Promise<T> => {
    const startedMs = this.#nowMs();
    try {
      return await run();
    } finally {
      this.#times.set(name, (this.#times.get(name) ?? 0) + this.#nowMs() - startedMs);
    }
  };

  /** Milliseconds by stage, in the order they ran. */
  get timesMs(): Record<string, number> {
    return Object.fromEntries([...this.#times].map(([name, ms]) => [name, Math.round(ms * 10) / 10]));
  }
}
