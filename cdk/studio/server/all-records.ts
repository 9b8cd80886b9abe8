import type { PhotoRecord } from '#functions/contract/record.ts';
import { forEachAtOnce } from '../../batch/objects.ts';
import type { ItemIndex } from './item-index.ts';

/** Reads records as they are now. @param keys Null: all. Those that vanished meanwhile are left out. */
export async function allRecords(index: ItemIndex, keys: readonly string[] | null): Promise<PhotoRecord[]> {
  await index.refresh();
  const wanted = keys ?? index.items().map(({ key }) => key);
  const seen = await forEachAtOnce(wanted, (key) => index.read(key).catch(() => null));
  return seen.flatMap((found) => found?.record ?? []);
}
