import { type BatchManifest, batchKey } from './batch-manifest.ts';
import { type BatchOutcome, readOutcomes } from './batch-outcomes.ts';
import type { Cloud } from './cloud.ts';
import { reopen } from './complete-batch.ts';
import { countMessages, jobsIn, moveFailed } from './failed-photos.ts';
import { writeObject } from './objects.ts';
import type { Place } from './place.ts';
import { requireManifest } from './read-manifest.ts';
import { sendJobs } from './send-jobs.ts';
import { jobOf } from './submit-batch.ts';

/** Which photos to work on again. */
export interface RetryChoice {
  /** Those that failed, and those that wait although the queue is empty. */
  readonly failed: boolean;
  /** Cutouts to look at, and those that a person refused. */
  readonly review: boolean;
  /** All: a worker does again those whose photo, preset, model or settings have changed, and only looks at the others. */
  readonly changed: boolean;
  /** Another preset for these photos. */
  readonly preset?: string | undefined;
}

/** Sends some photos of a batch again. @returns How many. @throws {BatchError} `unknown_batch` */
export async function retryBatch(
  cloud: Cloud,
  place: Place,
  { id, choice }: { readonly id: string; readonly choice: RetryChoice },
): Promise<number> {
  const manifest = await requireManifest(cloud, place, id);
  const outcomes = await readOutcomes(cloud, place, { manifest });
  const isIdle = (await countMessages(cloud, place.photoQueueUrl)) === 0;
  const chosen = outcomes.filter((outcome) => isChosen(outcome, choice, isIdle));
  if (chosen.length === 0) return 0;

  const { preset } = choice;
  const keys = new Set(chosen.map(({ photo }) => photo.key));
  const photos = manifest.photos.map((photo) =>
    preset !== undefined && keys.has(photo.key) ? { ...photo, preset } : photo,
  );
  if (preset !== undefined) {
    const address = { bucket: place.cutoutsBucket, key: batchKey(id, 'manifest.json') };
    await writeObject(cloud.s3, address, `${JSON.stringify({ ...manifest, photos })}\n`);
  }
  await reopen(cloud, place, manifest);
  const asked = new Map(photos.filter(({ key }) => keys.has(key)).map((photo) => [photo.key, jobOf(manifest, photo)]));
  await sendAgain(cloud, place, { manifest, asked, chosen });
  return chosen.length;
}

function isChosen({ status, record }: BatchOutcome, choice: RetryChoice, isIdle: boolean): boolean {
  if (choice.changed && (status === 'done' || status === 'rejected')) return true;
  const isDoubted = record?.status === 'done' && record.verdict !== 'ok';
  if (choice.review && isDoubted) return true;
  return choice.failed && (status === 'failed' || (status === 'waiting' && isIdle));
}

/** Failed photos are moved out of the dead-letter queue, so that its alarm ends; the others get a message. */
async function sendAgain(
  cloud: Cloud,
  place: Place,
  batch: {
    readonly manifest: BatchManifest;
    readonly asked: ReadonlyMap<string, ReturnType<typeof jobOf>>;
    readonly chosen: readonly BatchOutcome[];
  },
): Promise<void> {
  const { manifest, asked, chosen } = batch;
  const moved = new Set<string>();
  if (chosen.some(({ status }) => status === 'failed')) {
    await moveFailed(cloud, place, (body) => {
      const jobs = jobsIn(body);
      const [job] = jobs;
      const again = jobs.length === 1 && job?.bucket === manifest.bucket ? asked.get(job.key) : undefined;
      if (again === undefined) return null;
      moved.add(again.key);
      return JSON.stringify(again);
    });
  }
  await sendJobs(
    cloud.sqs,
    place.photoQueueUrl,
    [...asked.values()].filter(({ key }) => !moved.has(key)),
  );
}
