import { batchKey } from './batch-manifest.ts';
import { readOutcomes } from './batch-outcomes.ts';
import { progressOf } from './batch-progress.ts';
import type { Cloud } from './cloud.ts';
import { announceCompletion } from './complete-batch.ts';
import { countMessages } from './failed-photos.ts';
import { listObjects } from './objects.ts';
import type { Place } from './place.ts';
import { readManifest } from './read-manifest.ts';

interface OpenBatch {
  readonly id: string;
  /** When the last of its photos was sent, or some were sent again. */
  readonly sentMs: number;
}

/** Between an upload and its message lie seconds; after as many minutes a photo that waits beside an empty queue has lost its. */
const LOST_AFTER_MS = 15 * 60_000;

/**
 * Announces each batch that has ended since somebody looked last.
 *
 * Cost: one listing where no batch is open, one look at the queue while photos are under way, and only then a batch's records.
 * @returns The ids of those announced now.
 */
export async function endBatches(
  cloud: Pick<Cloud, 's3' | 'sqs' | 'events'>,
  place: Place,
  nowMs: number,
): Promise<string[]> {
  const open = await listOpen(cloud, place);
  if (open.length === 0 || (await countMessages(cloud, place.photoQueueUrl)) > 0) return [];
  const announced: string[] = [];
  for (const { id, sentMs } of open) {
    const manifest = await readManifest(cloud, place, id);
    if (manifest === null) continue;
    const outcomes = await readOutcomes(cloud, place, { manifest });
    const progress = progressOf(outcomes, { manifest, place, nowMs });
    const isStalled = nowMs - sentMs > LOST_AFTER_MS;
    if (await announceCompletion(cloud, place, { manifest, progress, isStalled })) announced.push(id);
  }
  return announced;
}

/** Batches that were sent, at least in part, and not announced. */
async function listOpen({ s3 }: Pick<Cloud, 's3'>, { cutoutsBucket }: Place): Promise<OpenBatch[]> {
  const files = new Map<string, number>();
  for await (const { key, modifiedMs } of listObjects(s3, cutoutsBucket, 'batches/')) files.set(key, modifiedMs);
  const ids = [...new Set([...files.keys()].map((key) => key.split('/')[1] ?? ''))];
  return ids.flatMap((id) => {
    const sentMs = files.get(batchKey(id, 'sent.json'));
    return sentMs === undefined || files.has(batchKey(id, 'completed.json')) ? [] : [{ id, sentMs }];
  });
}
