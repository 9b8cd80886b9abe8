import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

/** Largest size of a log file. Beside it lies at most one older file of the same size, `<path>.old`. */
const MAX_BYTES = 5_000_000;

/** A log of lines. One that cannot be written (a full disk, for one) loses lines rather than the run. */
export class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: number | null = null;
  #sizeBytes: number;

  constructor(path: string, options: { readonly maxBytes: number } = { maxBytes: MAX_BYTES }) {
    this.#path = path;
    this.#maxBytes = options.maxBytes;
    this.#sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Appends a line; before that, a file that would grow too large becomes the old one. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.length > this.#maxBytes) this.#rotate();
      this.#file ??= openSync(this.#path, 'a');
      writeSync(this.#file, bytes);
      this.#sizeBytes += bytes.length;
    } catch {
      // See above.
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #rotate(): void {
    this.close();
    renameSync(this.#path, `${this.#path}.old`);
    this.#sizeBytes = 0;
  }
}
