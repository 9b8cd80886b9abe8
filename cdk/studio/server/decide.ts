import { acceptedKey, recordKey, refusedKey } from '#functions/contract/output-keys.ts';
import type { Decision, DoneRecord } from '#functions/contract/record.ts';
import { forEachAtOnce } from '../../batch/objects.ts';
import type { Decided, Item } from '../protocol.ts';
import { itemOf } from './item.ts';
import type { ItemIndex, SeenRecord } from './item-index.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface DecideDeps {
  readonly store: StudioStore;
  readonly index: ItemIndex;
  readonly now: () => Date;
}

export interface Verdict {
  readonly key: string;
  /** Of the record that was looked at. */
  readonly etag: string;
  /** Null takes the decision back. */
  readonly verdict: Decision['verdict'] | null;
}

/**
 * Writes down what a person said of a cutout, in the photo's record: report, retry and further runs then see it.
 *
 * The outputs of a refused cutout move below `refused/`, so that the folders a shop reads from hold nothing refused.
 *
 * @throws {StudioError} `conflict` with the photo as it is now when its record is another one than was looked at;
 * `vanished`; `not_decidable` for a photo that nothing was cut out of.
 */
export async function decide({ key, etag, verdict }: Verdict, deps: DecideDeps): Promise<Item> {
  const record = requireDone(await readSame(key, etag, deps.index));
  const before = record.decision?.before ?? (record.verdict === 'ok' ? 'ok' : 'review');
  const { decision: _, ...undecided } = record;
  const toKey = verdict === 'refused' ? refusedKey : acceptedKey;
  const next: DoneRecord = {
    ...undecided,
    verdict: verdict === null ? before : verdict === 'approved' ? 'ok' : 'rejected',
    ...(verdict === null ? {} : { decision: { verdict, before, at: deps.now().toISOString() } }),
    outputs: record.outputs.map((output) => ({ ...output, key: toKey(output.key) })),
  };
  return await replaceRecord({ from: record, to: next, etag }, deps);
}

/**
 * The same for many photos: each on its own, so that one that changed elsewhere stops no other.
 *
 * @returns The photos that were decided, and those that were not as they had been looked at. What vanished, or was never
 * cut out, is in neither.
 */
export async function decideMany(
  photos: readonly Pick<Verdict, 'key' | 'etag'>[],
  verdict: Verdict['verdict'],
  deps: DecideDeps,
): Promise<Decided> {
  const items: Item[] = [];
  const left: Item[] = [];
  await forEachAtOnce(photos, async (photo) => {
    try {
      items.push(await decide({ ...photo, verdict }, deps));
    } catch (error) {
      if (!(error instanceof StudioError)) throw error;
      if (error.item !== undefined) left.push(error.item);
    }
  });
  return { items, left };
}

/** Reads the record that a request is about. @throws {StudioError} `conflict` when it is another one by now; `vanished` */
export async function readSame(key: string, etag: string, index: ItemIndex): Promise<SeenRecord> {
  const seen = await index.read(key);
  if (seen.etag === etag) return seen;
  throw conflict(itemOf(seen.record, seen.etag));
}

/** @throws {StudioError} `not_decidable` */
export function requireDone({ record }: SeenRecord): DoneRecord {
  if (record.status === 'done') return record;
  throw new StudioError(
    'not_decidable',
    `Expected a photo that was cut out, got ${JSON.stringify(record.source.key)}, which was turned down: ${record.message}`,
  );
}

interface Replacement {
  readonly from: DoneRecord;
  readonly to: DoneRecord;
  readonly etag: string;
}

/** Files that move are copied first and removed last: whenever this ends, the record that counts names files that are there. */
async function replaceRecord({ from, to, etag }: Replacement, deps: DecideDeps): Promise<Item> {
  const { store } = deps;
  const moves = from.outputs.flatMap((output, i) => {
    const target = to.outputs[i]?.key ?? output.key;
    return target === output.key ? [] : [{ source: output.key, target }];
  });
  for (const move of moves) await copy(move, store);
  const item = await writeRecord({ record: to, etag }, deps);
  for (const { source } of moves) await store.deleteResult(source);
  return item;
}

/** Writes a record over the one that was seen. @throws {StudioError} `conflict` */
export async function writeRecord(
  { record, etag }: { readonly record: DoneRecord; readonly etag: string },
  { store, index }: Pick<DecideDeps, 'store' | 'index'>,
): Promise<Item> {
  const { key } = record.source;
  const bytes = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  const options = { contentType: 'application/json', expected: etag };
  const isWritten = await store.writeResult(recordKey(key), bytes, options);
  const now = await index.read(key);
  const item = itemOf(now.record, now.etag);
  if (!isWritten) throw conflict(item);
  return item;
}

async function copy({ source, target }: { source: string; target: string }, store: StudioStore): Promise<void> {
  const file = await store.readResult(source);
  // Somebody has deleted it by hand: the decision counts all the same.
  if (file === null) return;
  const there = await store.readResult(target);
  if (there?.etag === file.etag) return;
  await store.writeResult(target, file.bytes, {
    contentType: CONTENT_TYPES[target.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    expected: there?.etag ?? null,
  });
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  jpg: 'image/jpeg',
};

function conflict(item: Item): StudioError {
  return new StudioError(
    'conflict',
    `Expected ${JSON.stringify(item.key)} as it was looked at, but it has changed since: it was decided elsewhere, or cut out anew.`,
    { item },
  );
}
