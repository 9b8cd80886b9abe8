import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { QUEUE_SETTINGS } from '../queue-settings.ts';
import type { LocalQueue } from './queue.ts';
import type { ReceivedMessage } from './queue-requests.ts';

/** What the poller needs of a queue. */
export type PolledQueue = Pick<LocalQueue, 'receive' | 'remove' | 'returnAfter' | 'counts' | 'arn' | 'region'>;

export interface PollerOptions {
  readonly queue: PolledQueue;
  /** Runs the handler on a batch. Rejects when the whole batch failed. */
  readonly invoke: (event: SQSEvent) => Promise<SQSBatchResponse | null>;
  /** Invocations at once. */
  readonly maxConcurrency: number;
  /** Messages an invocation, 1..10. */
  readonly batchSize: number;
  readonly batchWindowMs: number;
  readonly maxReceiveCount: number;
  /** How long a message that failed its n-th attempt stays hidden. @default 1 s, doubled with each attempt */
  readonly backoffMs: (attempt: number) => number;
  /** The handler is done with these: they are off the queue. */
  readonly onFinished: (messages: readonly ReceivedMessage[]) => Promise<void>;
  /** These failed and are back on the queue, or, at their last attempt, on their way to the dead-letter queue. */
  readonly onFailed: (messages: readonly ReceivedMessage[], error: unknown) => void;
}

export const POLLER_DEFAULTS = {
  batchSize: QUEUE_SETTINGS.batchSize,
  batchWindowMs: QUEUE_SETTINGS.batchWindowSeconds * 1000,
  maxReceiveCount: QUEUE_SETTINGS.maxReceiveCount,
  backoffMs: (attempt: number) => 1000 * 2 ** (attempt - 1),
} satisfies Partial<PollerOptions>;

type RequiredOptions = Omit<PollerOptions, keyof typeof POLLER_DEFAULTS>;

/** A response that Lambda would not understand: it treats the whole batch as failed. */
class InvalidResponseError extends Error {
  override readonly name = 'InvalidResponseError';
}

/** Short enough that the loop soon sees that the last message went to the dead-letter queue, which wakes nobody. */
const LONG_POLL_SECONDS = 1;

/**
 * Lambda's SQS event source mapping in small: polls the queue, hands batches to the handler, at most `maxConcurrency` at
 * once, takes what succeeded off the queue and leaves what failed on it.
 *
 * It differs from Lambda twice. A message that failed comes back after a short backoff instead of the rest of its
 * visibility timeout, because somebody is waiting for this run to end. And a message that failed before travels alone, so
 * that the photos which shared a batch with one that kills its worker don't share its end too.
 */
export class Poller {
  readonly #options: PollerOptions;
  /** Invocations that a worker has in hand, and answers that are being booked. */
  readonly #invoking = new Set<Promise<void>>();
  readonly #booking = new Set<Promise<void>>();
  readonly #wake = new AbortController();
  #isStopping = false;
  #endsWhenEmpty = false;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: RequiredOptions & Partial<PollerOptions>) {
    this.#options = { ...POLLER_DEFAULTS, ...options };
  }

  /** Polls until {@link stop}, or until the queue is empty after {@link finish}. @throws what the queue throws. */
  async run(): Promise<void> {
    while (!this.#isDone()) {
      if (this.#invoking.size >= this.#options.maxConcurrency) {
        await Promise.race(this.#invoking);
        continue;
      }
      for (const group of retriesApart(await this.#receive())) this.#track(this.#invoking, this.#invoke(group));
    }
    await Promise.all(this.#invoking);
    await Promise.all(this.#booking);
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Nothing more will be sent: {@link run} returns once every message is finished. */
  finish(): void {
    this.#endsWhenEmpty = true;
    this.#wakeIfDone();
  }

  /** Receives no more: {@link run} returns when the photos in hand are finished. */
  stop(): void {
    this.#isStopping = true;
    this.#wake.abort();
  }

  #isDone(): boolean {
    return this.#isStopping || (this.#endsWhenEmpty && this.#options.queue.counts().unfinished === 0);
  }

  /** A waiting long poll may be cut short only when no message can arrive in it any more. */
  #wakeIfDone(): void {
    if (this.#isDone()) this.#wake.abort();
  }

  async #receive(): Promise<ReceivedMessage[]> {
    const { queue, batchWindowMs } = this.#options;
    const max = this.#nextBatchSize();
    const batch: ReceivedMessage[] = [];
    let waitSeconds = LONG_POLL_SECONDS;
    let windowEnd = Number.POSITIVE_INFINITY;
    do {
      const request = { max: max - batch.length, waitSeconds, signal: this.#wake.signal };
      const received = await queue.receive(request).catch((error: unknown) => this.#unlessWoken(error));
      if (received.length === 0) break;
      if (batch.length === 0) windowEnd = Date.now() + batchWindowMs;
      batch.push(...received);
      waitSeconds = Math.max(windowEnd - Date.now(), 0) / 1000;
    } while (batch.length < max && waitSeconds > 0);
    return batch;
  }

  #unlessWoken(error: unknown): ReceivedMessage[] {
    if (this.#wake.signal.aborted) return [];
    throw error;
  }

  /** A full batch, but near the end of the queue no more than each worker's share. */
  #nextBatchSize(): number {
    const { queue, maxConcurrency, batchSize } = this.#options;
    const share = Math.ceil(queue.counts().visible / maxConcurrency);
    return Math.min(Math.max(share, 1), batchSize);
  }

  #track(set: Set<Promise<void>>, work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.stop();
      })
      .finally(() => {
        set.delete(tracked);
        this.#wakeIfDone();
      });
    set.add(tracked);
  }

  async #invoke(messages: readonly ReceivedMessage[]): Promise<void> {
    const { queue, invoke } = this.#options;
    let failed: ReadonlySet<string>;
    let cause: unknown = null;
    try {
      failed = failuresIn(await invoke(toEvent(messages, queue)), messages);
    } catch (error) {
      failed = new Set(messages.map((message) => message.messageId));
      cause = error;
    }
    // Not awaited: the worker gets its next batch meanwhile.
    this.#track(this.#booking, this.#book(messages, failed, cause));
  }

  async #book(messages: readonly ReceivedMessage[], failed: ReadonlySet<string>, cause: unknown): Promise<void> {
    const { queue, onFinished, onFailed } = this.#options;
    const done = messages.filter((message) => !failed.has(message.messageId));
    await queue.remove(done);
    if (done.length > 0) await onFinished(done);

    const again = messages.filter((message) => failed.has(message.messageId));
    if (again.length > 0) onFailed(again, cause);
    for (const message of again) await queue.returnAfter(message, this.#hiddenMs(message.attempt));
  }

  /** After its last attempt nothing is gained by waiting: the queue moves the message to FailedPhotos when it is next visible. */
  #hiddenMs(attempt: number): number {
    const { maxReceiveCount, backoffMs } = this.#options;
    return attempt >= maxReceiveCount ? 0 : backoffMs(attempt);
  }
}

/** First deliveries together, each later one on its own. */
function retriesApart(messages: readonly ReceivedMessage[]): ReceivedMessage[][] {
  const first = messages.filter((message) => message.attempt === 1);
  const again = messages.filter((message) => message.attempt > 1).map((message) => [message]);
  return first.length > 0 ? [first, ...again] : again;
}

function toEvent(messages: readonly ReceivedMessage[], queue: PolledQueue): SQSEvent {
  return { Records: messages.map((message) => toRecord(message, queue)) };
}

function toRecord(message: ReceivedMessage, queue: PolledQueue): SQSRecord {
  return {
    messageId: message.messageId,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: message.attributes,
    messageAttributes: {},
    md5OfBody: message.md5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queue.arn,
    awsRegion: queue.region,
  };
}

/**
 * The ids a response hands back. None named, or no response, means that all succeeded; an id that is not of this batch
 * means that all failed (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
 */
function failuresIn(response: SQSBatchResponse | null, messages: readonly ReceivedMessage[]): ReadonlySet<string> {
  const ids = (response?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
  const known = new Set(messages.map((message) => message.messageId));
  const stranger = ids.find((id) => !known.has(id));
  if (stranger !== undefined) {
    throw new InvalidResponseError(`Expected message ids of the batch in batchItemFailures, got "${stranger}"`);
  }
  return new Set(ids);
}
