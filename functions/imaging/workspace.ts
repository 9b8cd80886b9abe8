import { giveBack } from './give-back.ts';

/** Larger buffers are given back after their photo, so that one huge photo doesn't keep its memory for good. */
const LARGEST_KEPT_BYTES = 128_000_000;

type BufferName = 'alpha' | 'pixels';

/**
 * Large buffers that a worker keeps from photo to photo: fresh memory costs a page fault every 4 KB, about 5 ms a MB in a
 * small virtual machine. Serves one photo at a time.
 */
export class Workspace {
  readonly #kept = new Map<BufferName, Uint8Array>();

  /** @returns A buffer of exactly `length` bytes with whatever the last photo left in it. */
  take(name: BufferName, length: number): Uint8Array {
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.length >= length) return kept.subarray(0, length);
    const fresh = new Uint8Array(length);
    if (length <= LARGEST_KEPT_BYTES) this.#kept.set(name, fresh);
    return fresh;
  }

  /** Gives a buffer's memory back at once, for a stage that needs as much. Whoever has it still can't read it any more. */
  giveBack(name: BufferName): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    this.#kept.delete(name);
    giveBack(kept);
  }
}
