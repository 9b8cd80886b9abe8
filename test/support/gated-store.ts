import type { PhotoStore } from '#functions/remove-background/photo-store.ts';

type Method = keyof PhotoStore;

/**
 * Lets a test decide which of several workers makes its next call to a store: each call waits at a gate, and
 * {@link Gates.step} lets one worker's waiting call through and returns when that worker waits again or has ended.
 */
export class Gates {
  readonly #waiting = new Map<string, () => void>();
  readonly #ended = new Set<string>();
  #onChange: () => void = () => {};

  /** A view of the store whose calls wait at this worker's gate. */
  storeOf(worker: string, store: PhotoStore): PhotoStore {
    const gated = async (run: () => Promise<unknown>) => {
      await new Promise<void>((resolve) => {
        this.#waiting.set(worker, resolve);
        this.#onChange();
      });
      return await run();
    };
    return new Proxy(store, {
      get: (target, name) => {
        const method = target[name as Method] as (...values: unknown[]) => Promise<unknown>;
        return (...values: unknown[]) => gated(() => method.apply(target, values));
      },
    });
  }

  /** Starts a worker and returns once it waits at its first gate. */
  async start<T>(worker: string, run: () => Promise<T>): Promise<Promise<T>[]> {
    const result = run().finally(() => {
      this.#ended.add(worker);
      this.#onChange();
    });
    await this.#settled(worker);
    return [result];
  }

  /** @returns Whether the worker had a call to let through. */
  async step(worker: string): Promise<boolean> {
    const open = this.#waiting.get(worker);
    if (open === undefined) return false;
    this.#waiting.delete(worker);
    open();
    await this.#settled(worker);
    return true;
  }

  async finish(worker: string): Promise<void> {
    while (await this.step(worker));
  }

  async #settled(worker: string): Promise<void> {
    while (!this.#waiting.has(worker) && !this.#ended.has(worker)) {
      await new Promise<void>((resolve) => {
        this.#onChange = resolve;
      });
    }
  }
}
