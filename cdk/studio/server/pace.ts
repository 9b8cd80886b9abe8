import type { ItemIndex } from './item-index.ts';
import type { MeasuredPace } from './model-offers.ts';

/** Records that are looked at for each network: a median needs no more. */
const SAMPLES = 15;

/** How long photos took, by the records that are there: the median a network. */
export async function paceOf(index: ItemIndex): Promise<MeasuredPace[]> {
  const byModel = Map.groupBy(
    index.items().filter(({ status }) => status === 'done'),
    ({ model }) => model,
  );
  const paces: MeasuredPace[] = [];
  for (const [model, items] of byModel) {
    const step = Math.max(1, Math.floor(items.length / SAMPLES));
    const times: number[] = [];
    for (let i = 0; i < items.length; i += step) {
      const seen = await index.read(items[i]?.key ?? '').catch(() => null);
      if (seen !== null) times.push(Object.values(seen.record.timesMs).reduce((sum, ms) => sum + ms, 0));
    }
    const photoMs = times.sort((a, b) => a - b)[times.length >> 1];
    if (photoMs !== undefined && photoMs > 0) paces.push({ model, photoMs });
  }
  return paces;
}
