import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type BatchManifest, batchKey } from './batch-manifest.ts';
import type { BatchProgress } from './batch-progress.ts';
import type { Cloud } from './cloud.ts';
import { deleteObject, readObject, writeObject } from './objects.ts';
import type { Place } from './place.ts';

export const COMPLETION = { source: 'cutline', detailType: 'Batch Completed' } as const;

/**
 * Tells EventBridge, once, that every photo of a batch has ended: source `cutline`, detail type `Batch Completed`.
 *
 * Whoever looks at the batch sends it: the function BatchEnd on its schedule, `up`, `status`, `report`. Not the workers: none of
 * them knows that it was the last, and finding out would cost each photo a look at all others. Sent before it is noted down,
 * so at least once, as all of EventBridge's events are.
 *
 * @param batch.isStalled Nothing moves any more, so photos that still wait wait in vain. @returns Whether it was sent now.
 */
export async function announceCompletion(
  cloud: Pick<Cloud, 's3' | 'events'>,
  place: Place,
  batch: { readonly manifest: BatchManifest; readonly progress: BatchProgress; readonly isStalled?: boolean },
): Promise<boolean> {
  const { manifest, progress, isStalled = false } = batch;
  const note = { bucket: place.cutoutsBucket, key: batchKey(manifest.id, 'completed.json') };
  if ((progress.waiting > 0 && !isStalled) || (await readObject(cloud.s3, note)) !== null) return false;
  const { photos, done, review, rejected, failed, waiting } = progress;
  const detail = { batchId: manifest.id, stage: place.stage, photos, done, review, rejected, failed, waiting };
  const { FailedEntryCount: refused = 0 } = await cloud.events.send(
    new PutEventsCommand({
      Entries: [{ Source: COMPLETION.source, DetailType: COMPLETION.detailType, Detail: JSON.stringify(detail) }],
    }),
  );
  if (refused > 0) return false;
  await writeObject(cloud.s3, note, JSON.stringify(detail));
  return true;
}

/** A batch that is worked on again ends again, no sooner than its messages have had time to arrive. */
export async function reopen(cloud: Cloud, place: Place, manifest: BatchManifest): Promise<void> {
  const { cutoutsBucket: bucket } = place;
  const sent = JSON.stringify({ sent: manifest.photos.length });
  await writeObject(cloud.s3, { bucket, key: batchKey(manifest.id, 'sent.json') }, sent);
  await deleteObject(cloud.s3, { bucket, key: batchKey(manifest.id, 'completed.json') });
}
