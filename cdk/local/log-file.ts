import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs';

/** Largest size of a log file. Beside it lies at most one older file of the same size, `<path>.old`. */
const MAX_BYTES = 5_000_000;

/**
 * Opens a log for appending lines. A log that cannot be written (a full disk, for one) loses lines rather than the run.
 *
 * @returns The function that appends a line.
 */
export function openLog(path: string, options: { readonly maxBytes: number } = { maxBytes: MAX_BYTES }) {
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return (line: string): void => {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (size > 0 && size + bytes.length > options.maxBytes) {
        rmSync(`${path}.old`, { force: true });
        renameSync(path, `${path}.old`);
        size = 0;
      }
      appendFileSync(path, bytes);
      size += bytes.length;
    } catch {
      // See above.
    }
  };
}
