import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { QUEUE_SETTINGS } from '../queue-settings.ts';
import { type EmbeddedSqs, startEmbeddedSqs } from './embedded-sqs.ts';
import { BATCH_LIMIT, inTens, type ReceivedMessage, receiveFrom, removeFrom } from './queue-requests.ts';

export interface QueueOptions {
  readonly visibilityTimeoutSeconds: number;
  readonly maxReceiveCount: number;
}

export const QUEUE_DEFAULTS: QueueOptions = {
  visibilityTimeoutSeconds: QUEUE_SETTINGS.visibilityTimeoutSeconds,
  maxReceiveCount: QUEUE_SETTINGS.maxReceiveCount,
};

/** A queue request that did not do what it was asked. */
export class QueueError extends Error {
  override readonly name = 'QueueError';
  readonly code = 'queue_failed';
}

const PHOTOS = 'PhotoQueue';
const FAILED = 'FailedPhotos';
const REGION = 'us-east-1';

/**
 * Opens PhotoQueue and its dead-letter queue FailedPhotos, kept on disk under `dataDir`.
 *
 * Only one process may have them open ({@link lockRun}). No worker of an earlier run is alive then, so the photos it had in
 * hand are put back at once, and what it gave up on gets a new chance: both start again at their first attempt.
 */
export async function openQueue(dataDir: string, options: Partial<QueueOptions> = {}): Promise<LocalQueue> {
  const { visibilityTimeoutSeconds, maxReceiveCount } = { ...QUEUE_DEFAULTS, ...options };
  const sqs = await startEmbeddedSqs(dataDir);
  const client = new SQSClient({
    endpoint: sqs.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    // The endpoint is this very process: a request that fails once fails again, and a repeated one may count twice.
    maxAttempts: 1,
  });

  const failedUrl = await createQueue(client, FAILED);
  const photosUrl = await createQueue(client, PHOTOS);
  const deadLetterTargetArn = arnOf(sqs, FAILED);
  await client.send(
    new SetQueueAttributesCommand({
      QueueUrl: photosUrl,
      Attributes: {
        VisibilityTimeout: String(visibilityTimeoutSeconds),
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }),
      },
    }),
  );

  await putLeftoversBack(sqs, client, { photosUrl, failedUrl });
  return new LocalQueue(sqs, client, photosUrl);
}

/** The photo queue of one run, over SQS's own protocol. */
export class LocalQueue {
  readonly arn: string;
  readonly region: string = REGION;
  readonly #sqs: EmbeddedSqs;
  readonly #client: SQSClient;
  readonly #url: string;

  constructor(sqs: EmbeddedSqs, client: SQSClient, url: string) {
    this.#sqs = sqs;
    this.#client = client;
    this.#url = url;
    this.arn = arnOf(sqs, PHOTOS);
  }

  /** Sends message bodies, ten a request. @throws {QueueError} when one of them is not taken. */
  async send(bodies: readonly string[]): Promise<void> {
    await sendBodies(this.#client, this.#url, bodies);
  }

  /**
   * Long-polls for messages. Don't abort while others may still be sent: the queue would hand the next one to nobody and
   * hide it for the visibility timeout.
   *
   * @param options.max 1..10. @param options.waitSeconds 0..20.
   */
  async receive(options: {
    readonly max: number;
    readonly waitSeconds: number;
    readonly signal?: AbortSignal;
  }): Promise<ReceivedMessage[]> {
    return receiveFrom(this.#client, this.#url, options);
  }

  /** Takes finished messages off the queue. */
  async remove(messages: readonly ReceivedMessage[]): Promise<void> {
    await removeFrom(this.#client, this.#url, messages);
  }

  /** Makes a message visible again after `delayMs`, unless its visibility timeout did so already. */
  async returnAfter(message: ReceivedMessage, delayMs: number): Promise<void> {
    // At a timeout of exactly 0 fauxqs 2.4.1 breaks a NOT NULL rule of its own table and loses the message.
    const timeoutSeconds = Math.max(delayMs, 1) / 1000;
    const request = { QueueUrl: this.#url, ReceiptHandle: message.receiptHandle, VisibilityTimeout: timeoutSeconds };
    try {
      await this.#client.send(new ChangeMessageVisibilityCommand(request));
    } catch (error) {
      if (!(error instanceof Error && error.name === 'MessageNotInflight')) throw error;
    }
  }

  /** Messages that are visible now, and all that are not finished. Exact, unlike SQS's. */
  counts(): { readonly visible: number; readonly unfinished: number } {
    const count = (state: '' | 'NotVisible' | 'Delayed') =>
      Number(this.#sqs.store.getQueueByName(PHOTOS)?.getAttribute(`ApproximateNumberOfMessages${state}`));
    const visible = count('');
    return { visible, unfinished: visible + count('NotVisible') + count('Delayed') };
  }

  /** Bodies of all messages that are not finished, without receiving them. */
  pendingBodies(): string[] {
    const { ready, delayed, inflight } = messagesIn(this.#sqs, PHOTOS);
    return [...ready, ...delayed, ...inflight.map((entry) => entry.message)].map((message) => message.body);
  }

  /** Bodies of the messages whose attempts are used up. */
  failedBodies(): string[] {
    return messagesIn(this.#sqs, FAILED).ready.map((message) => message.body);
  }

  async close(): Promise<void> {
    this.#client.destroy();
    await this.#sqs.close();
  }
}

/** Sends again what an earlier run left in hand or gave up on. Killed halfway it leaves a message twice, which is harmless. */
async function putLeftoversBack(
  sqs: EmbeddedSqs,
  client: SQSClient,
  { photosUrl, failedUrl }: { readonly photosUrl: string; readonly failedUrl: string },
): Promise<void> {
  const moveFrom = async (url: string, messages: readonly { body: string; receiptHandle: string }[]) => {
    await sendBodies(
      client,
      photosUrl,
      messages.map((message) => message.body),
    );
    await removeFrom(client, url, messages);
  };
  await moveFrom(photosUrl, inHand(sqs, PHOTOS));
  await moveFrom(failedUrl, inHand(sqs, FAILED));

  for (;;) {
    const failed = await receiveFrom(client, failedUrl, { max: BATCH_LIMIT, waitSeconds: 0 });
    if (failed.length === 0) return;
    await moveFrom(failedUrl, failed);
  }
}

async function createQueue(client: SQSClient, name: string): Promise<string> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }));
  if (QueueUrl === undefined) throw new QueueError(`Expected a URL for the queue ${name}, got none`);
  return QueueUrl;
}

async function sendBodies(client: SQSClient, url: string, bodies: readonly string[]): Promise<void> {
  for (const batch of inTens(bodies)) {
    const entries = batch.map((body, index) => ({ Id: String(index), MessageBody: toAscii(body) }));
    const { Failed: refused = [] } = await client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }),
    );
    const [first] = refused;
    if (first !== undefined) throw new QueueError(`Expected the queue to take every message, got ${first.Message}`);
  }
}

/** Escapes a JSON text's non-ASCII characters: fauxqs 2.4.1 refuses emoji, which SQS takes. */
function toAscii(json: string): string {
  return json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function messagesIn(sqs: EmbeddedSqs, name: string) {
  return sqs.store.inspectQueue(name)?.messages ?? { ready: [], delayed: [], inflight: [] };
}

function inHand(sqs: EmbeddedSqs, name: string) {
  return messagesIn(sqs, name).inflight.map(({ message, receiptHandle }) => ({ body: message.body, receiptHandle }));
}

function arnOf(sqs: EmbeddedSqs, name: string): string {
  return sqs.store.inspectQueue(name)?.arn ?? '';
}
