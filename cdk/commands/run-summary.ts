import type { PhotoOutcome } from '../local/outcome.ts';
import { duration, photoCount } from '../report/words.ts';

export interface RunTotals {
  readonly photos: number;
  readonly done: number;
  readonly rejected: number;
  readonly failed: number;
  /** How many of `done` should be looked at. */
  readonly review: number;
}

/** Photos that are named in the terminal; all are in the report. */
const NAMED = 20;

export function totalsOf(photos: readonly PhotoOutcome[]): RunTotals {
  const count = (wanted: (photo: PhotoOutcome) => boolean) => photos.filter(wanted).length;
  return {
    photos: photos.length,
    done: count((photo) => photo.status === 'done'),
    rejected: count((photo) => photo.status === 'rejected'),
    failed: count((photo) => photo.status === 'failed'),
    review: count((photo) => photo.status === 'done' && photo.record?.verdict === 'review'),
  };
}

/** A run in a few lines for the terminal: totals, and what needs a person. */
export function describeRun(photos: readonly PhotoOutcome[], wallMs: number): string {
  const { done, rejected, failed, review } = totalsOf(photos);
  const look = review > 0 ? ` (${review} to look at)` : '';
  const others = [rejected > 0 ? `, ${rejected} rejected` : '', failed > 0 ? `, ${failed} failed` : ''].join('');
  const lines = [`${photoCount(photos.length)}: ${done} done${look}${others}, in ${duration(wallMs)}`];

  const bad = photos.filter((photo) => photo.status !== 'done');
  for (const photo of bad.slice(0, NAMED)) lines.push(`  ${describePhoto(photo)}`);
  if (bad.length > NAMED) lines.push(`  ... and ${bad.length - NAMED} more`);
  return lines.join('\n');
}

/** One photo as a line: `rejected  a.jpg (corrupt): The file is damaged.` */
function describePhoto({ status, key, code, message }: PhotoOutcome): string {
  return `${status.padEnd(8)}  ${printable(key)} (${code ?? 'unknown'})${message === undefined ? '' : `: ${printable(message)}`}`;
}

/** One photo as the line of `--json`. */
export function photoJson({ key, status, code, message, record }: PhotoOutcome): string {
  const done = record?.status === 'done' ? record : null;
  return JSON.stringify({
    key,
    status,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    ...(done === null ? {} : { verdict: done.verdict, confidence: done.confidence }),
    outputs: (done?.outputs ?? []).map((output) => output.key),
  });
}

/** A file name may hold what a terminal takes for commands. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}
