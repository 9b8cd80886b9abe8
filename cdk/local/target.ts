import { mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { recordKey } from '#functions/contract/output-keys.ts';
import { PresetList } from '#functions/contract/preset.ts';
import { THRESHOLD_DEFAULTS } from '#functions/imaging/assess.ts';
import { type PhotoOutcome, readOutcome } from './outcome.ts';
import { listPhotos, STATE_FOLDER } from './photos-folder.ts';
import { knownSources } from './run-folders.ts';

/** How a folder of results came to be: `.cutline/run.json`, so that `status`, `report` and `retry` need no second folder. */
const RunNote = z.object({
  schema: z.literal(1),
  src: z.string(),
  /** ISO 8601, of the last run. */
  startedAt: z.string(),
  presets: PresetList,
  flags: z.object({
    model: z.string(),
    escalate: z.string().optional(),
    reviewBelow: z.number().default(THRESHOLD_DEFAULTS.reviewBelow),
    rejectBelow: z.number().default(THRESHOLD_DEFAULTS.rejectBelow),
    workers: z.number().optional(),
    threads: z.number(),
    maxMegapixels: z.number(),
    timeout: z.number(),
  }),
});
export type RunNote = z.infer<typeof RunNote>;

/** One photo of a folder as it is now. */
export interface TargetOutcome extends Omit<PhotoOutcome, 'status'> {
  readonly status: PhotoOutcome['status'] | 'waiting';
  /** When its record was written. */
  readonly endedMs?: number;
  /** Folder that the photo lies in. */
  readonly src: string;
}

/** Remembers a run in its target folder. */
export async function noteRun(dst: string, note: Omit<RunNote, 'schema'>): Promise<void> {
  await mkdir(join(dst, STATE_FOLDER), { recursive: true });
  await writeFile(join(dst, STATE_FOLDER, 'run.json'), `${JSON.stringify({ schema: 1, ...note }, null, 2)}\n`);
}

/** @returns How a folder came to be, or null where no run has worked on it. */
export async function readRunNote(dst: string): Promise<RunNote | null> {
  try {
    return RunNote.safeParse(JSON.parse(await readFile(join(dst, STATE_FOLDER, 'run.json'), 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

const Failures = z.object({
  endedAt: z.string(),
  photos: z.array(
    z.object({ key: z.string(), status: z.string(), code: z.string().nullable(), message: z.string().nullable() }),
  ),
});
type Failure = z.infer<typeof Failures>['photos'][number];

/**
 * Where every photo is that was to be cut out into a folder, sorted by key; also while it is at work: those of the run's own
 * source and of others, as photos are that were dropped in the studio.
 */
export async function readTarget(dst: string, note: RunNote): Promise<TargetOutcome[]> {
  const failures = await readFailures(dst, note.startedAt);
  const outcomes = new Map<string, TargetOutcome>();
  for (const src of await targetSources(dst, note)) {
    for (const key of await listPhotos(src, { exclude: [dst] })) {
      if (!outcomes.has(key)) outcomes.set(key, { ...(await outcomeOf(dst, key, failures.get(key))), src });
    }
  }
  return [...outcomes.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The folders whose photos were cut out into a target, the last run's first. Others count as long as they are there. */
export async function targetSources(dst: string, { src }: Pick<RunNote, 'src'>): Promise<string[]> {
  const known = await Promise.all((await knownSources(dst)).map((other) => realpath(other).catch(() => null)));
  const own = await realpath(src).catch(() => src);
  return [src, ...known.filter((other) => other !== null && other !== own).map(String)];
}

async function outcomeOf(dst: string, key: string, failure: Failure | undefined): Promise<Omit<TargetOutcome, 'src'>> {
  if (failure !== undefined) {
    return { key, status: 'failed', code: failure.code ?? 'unknown', message: failure.message ?? '' };
  }
  const facts = await stat(join(dst, recordKey(key))).catch(() => null);
  if (facts === null) return { key, status: 'waiting' };
  return { ...(await readOutcome(dst, key)), endedMs: facts.mtimeMs };
}

/** Photos that failed for good leave no record: they are in the last run's report, once that has ended. */
async function readFailures(dst: string, startedAt: string): Promise<ReadonlyMap<string, Failure>> {
  try {
    const { endedAt, photos } = Failures.parse(JSON.parse(await readFile(join(dst, 'report.json'), 'utf8')));
    if (endedAt < startedAt) return new Map();
    return new Map(photos.filter(({ status }) => status === 'failed').map((photo) => [photo.key, photo]));
  } catch {
    return new Map();
  }
}

/** As a report counts it: a photo that waits has not ended well. */
export function asEnded({ endedMs: _ended, src: _src, status, ...photo }: TargetOutcome): PhotoOutcome {
  if (status !== 'waiting') return { ...photo, status };
  return { ...photo, status: 'failed', code: 'not_processed', message: 'It waits for its turn.' };
}
