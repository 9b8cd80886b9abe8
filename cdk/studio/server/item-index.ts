import { recordKey } from '#functions/contract/output-keys.ts';
import { PhotoRecord } from '#functions/contract/record.ts';
import { forEachAtOnce } from '../../batch/objects.ts';
import type { Item } from '../protocol.ts';
import { itemOf } from './item.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

/** A record as it was read, with the ETag that a newer one must replace. */
export interface SeenRecord {
  readonly record: PhotoRecord;
  readonly etag: string;
}

interface Known {
  readonly stamp: string;
  /** Null where the file could not be understood. */
  readonly item: Item | null;
}

/** What changed between two looks. */
export interface Changes {
  readonly items: readonly Item[];
  readonly gone: readonly string[];
}

/** All photos of a batch in memory, some hundred bytes each, so that the gallery need not read thousands of files. */
export class ItemIndex {
  readonly #store: StudioStore;
  readonly #known = new Map<string, Known>();
  #refreshing: Promise<Changes> | null = null;

  constructor(store: StudioStore) {
    this.#store = store;
  }

  /** Every photo, in the order of its key. */
  items(): Item[] {
    return [...this.#known.values()].flatMap(({ item }) => item ?? []).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  item(key: string): Item | null {
    return this.#known.get(key)?.item ?? null;
  }

  /** Reads the records that are new or changed. Called again before it ended, it is the same look. */
  async refresh(): Promise<Changes> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = null;
    });
    return await this.#refreshing;
  }

  /** Reads one photo's record now. @throws {StudioError} `vanished` */
  async read(key: string): Promise<SeenRecord> {
    const seen = await readRecord(this.#store, key);
    if (seen === null) {
      this.#known.delete(key);
      throw new StudioError('vanished', `Expected a record of ${JSON.stringify(key)}, found none: it was removed.`);
    }
    return seen;
  }

  async #look(): Promise<Changes> {
    const listed = await this.#store.listRecords();
    const changed = listed.filter(({ key, stamp }) => this.#known.get(key)?.stamp !== stamp);
    const items: Item[] = [];
    await forEachAtOnce(changed, async ({ key, stamp }) => {
      const seen = await readRecord(this.#store, key);
      const item = seen === null ? null : itemOf(seen.record, seen.etag);
      this.#known.set(key, { stamp, item });
      if (item !== null) items.push(item);
    });
    const present = new Set(listed.map(({ key }) => key));
    const gone = [...this.#known.keys()].filter((key) => !present.has(key));
    for (const key of gone) this.#known.delete(key);
    return { items, gone };
  }
}

/** @returns Null where there is no record that can be understood, or it is another photo's. */
async function readRecord(store: StudioStore, key: string): Promise<SeenRecord | null> {
  const stored = await store.readResult(recordKey(key));
  if (stored === null) return null;
  try {
    const { data } = PhotoRecord.safeParse(JSON.parse(new TextDecoder().decode(stored.bytes)));
    return data?.source.key === key ? { record: data, etag: stored.etag } : null;
  } catch {
    return null;
  }
}
