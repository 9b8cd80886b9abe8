import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { CutoutJob } from '#functions/contract/job.ts';
import { inTens } from '../local/queue-requests.ts';
import { BatchError } from './batch-error.ts';
import { forEachAtOnce } from './objects.ts';

const TRIES = 5;
const SENDS_AT_ONCE = 8;

/**
 * Sends jobs, ten a request, each until the queue has taken it.
 *
 * @throws {BatchError} `queue_refused` when it does not take one after a few tries.
 */
export async function sendJobs(sqs: SQSClient, queueUrl: string, jobs: readonly CutoutJob[]): Promise<void> {
  await sendBodies(
    sqs,
    queueUrl,
    jobs.map((job) => JSON.stringify(job)),
  );
}

/** The same for messages as they are. */
export async function sendBodies(sqs: SQSClient, queueUrl: string, bodies: readonly string[]): Promise<void> {
  await forEachAtOnce([...inTens(bodies)], (ten) => sendTen(sqs, queueUrl, ten), SENDS_AT_ONCE);
}

async function sendTen(sqs: SQSClient, queueUrl: string, bodies: readonly string[]): Promise<void> {
  let left = bodies.map((body, index) => ({ Id: String(index), MessageBody: body }));
  let reason: string | undefined;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    // A request can succeed in part: the rest is sent again.
    const { Failed: failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: left }));
    if (failed.length === 0) return;
    const ids = new Set(failed.map(({ Id }) => Id));
    left = left.filter(({ Id }) => ids.has(Id));
    reason = failed[0]?.Message ?? failed[0]?.Code;
  }
  throw new BatchError(
    'queue_refused',
    `Expected the queue to take every photo, but it refused ${left.length} (${reason}). Run the same command again.`,
  );
}
