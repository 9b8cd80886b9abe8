import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type CutoutJob, parseJobs } from '../contract/job.ts';
import { type Outcome, type ProcessDeps, processJob } from './process-job.ts';

export interface BatchDeps extends ProcessDeps {
  /** Takes one line a photo. */
  readonly log: (level: 'info' | 'warn', facts: Record<string, unknown>) => void;
}

/** The function has no time for another photo: the message goes back unharmed. */
class HandedBackError extends Error {
  override readonly name = 'HandedBackError';
  readonly code = 'handed_back';
  readonly retryable = true;
}

/** A message's place in its invocation. */
interface Turn {
  readonly context: Context;
  readonly isFirst: boolean;
}

/** Any photo but the first of its invocation is begun only if half again the slowest one so far, and this much more, is left of the function's time. */
const RESERVE_MS = 2_000;
const SLOWER_BY = 1.5;

/**
 * Makes the function that SQS invokes: it works through a batch one message at a time and answers with the messages that
 * failed, so that only those come back.
 */
export function createHandler(deps: BatchDeps): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const processor = new BatchProcessor(EventType.SQS);
  let slowestMs = 0;

  const handleMessage = async (message: SQSRecord, { context, isFirst }: Turn): Promise<void> => {
    const attempt = Number(message.attributes.ApproximateReceiveCount);
    for (const [n, job] of parseJobs(message.body).entries()) {
      const remainingMs = context.getRemainingTimeInMillis();
      // The first photo has all the time there is: handed back, it would find no more the next time, until its tries are used up.
      if (!(isFirst && n === 0) && remainingMs < slowestMs * SLOWER_BY + RESERVE_MS) {
        throw new HandedBackError(
          'Expected time for another photo, got to the end of the function; it runs again shortly.',
        );
      }
      const startedMs = deps.nowMs();
      const outcome = await processJob(job, attempt, deps);
      slowestMs = Math.max(slowestMs, deps.nowMs() - startedMs);
      deps.log('info', describeOutcome(job, attempt, outcome));
    }
  };

  return async (event, context) =>
    await processPartialResponse(
      event,
      (message: SQSRecord) => {
        const turn = { context, isFirst: message.messageId === event.Records[0]?.messageId };
        return withFailureLogged(message, () => handleMessage(message, turn), deps);
      },
      processor,
      {
        context,
        // Two photos at once would need twice the memory and no less time.
        processInParallel: false,
        // An exception would be retried as a whole and count as a crash; the list of failures says the same.
        throwOnFullBatchFailure: false,
      },
    );
}

function describeOutcome(job: CutoutJob, attempt: number, outcome: Outcome) {
  const { bucket, key } = job;
  if (outcome.outcome === 'superseded') return { bucket, key, attempt, outcome: outcome.outcome };
  const { record } = outcome;
  return {
    bucket,
    key,
    attempt,
    outcome: outcome.outcome,
    model: record.model.id,
    ...(record.status === 'rejected'
      ? { code: record.code, reason: record.message }
      : { verdict: record.verdict, confidence: record.confidence }),
    ...(outcome.outcome === 'unchanged' ? {} : { timesMs: record.timesMs }),
  };
}

async function withFailureLogged(message: SQSRecord, run: () => Promise<void>, { log }: BatchDeps): Promise<void> {
  try {
    await run();
  } catch (error) {
    log('warn', {
      outcome: 'retry',
      messageId: message.messageId,
      ...addressOf(message),
      ...describeFailure(error),
    });
    throw error;
  }
}

function addressOf(message: SQSRecord): { bucket?: string; key?: string } {
  try {
    const [job] = parseJobs(message.body);
    return job === undefined ? {} : { bucket: job.bucket, key: job.key };
  } catch {
    return {};
  }
}

function describeFailure(error: unknown): { code: string; reason: string } {
  const reason = error instanceof Error ? error.message : String(error);
  const hasCode = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return { code: hasCode ? String(error.code) : 'unexpected', reason };
}
