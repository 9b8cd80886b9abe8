import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecordAttributes } from 'aws-lambda';

/** One delivery of a message. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: SQSRecordAttributes;
  /** Which delivery this is; 1 is the first. */
  readonly attempt: number;
}

/** Messages a request, SQS's limit. */
export const BATCH_LIMIT = 10;

/** Long-polls a queue for messages, with all that SQS knows of them. */
export async function receiveFrom(
  client: SQSClient,
  url: string,
  options: { readonly max: number; readonly waitSeconds: number; readonly signal?: AbortSignal },
): Promise<ReceivedMessage[]> {
  const { Messages: messages = [] } = await client.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: options.max,
      WaitTimeSeconds: options.waitSeconds,
      MessageSystemAttributeNames: ['All'],
    }),
    options.signal === undefined ? {} : { abortSignal: options.signal },
  );
  return messages.map(toReceived);
}

/** Takes messages off a queue, ten a request. */
export async function removeFrom(
  client: SQSClient,
  url: string,
  messages: readonly { readonly receiptHandle: string }[],
): Promise<void> {
  for (const batch of inTens(messages)) {
    const entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }));
  }
}

function toReceived(message: Message): ReceivedMessage {
  const { Attributes: found = {} } = message;
  const attributes = {
    ApproximateReceiveCount: found.ApproximateReceiveCount ?? '1',
    SentTimestamp: found.SentTimestamp ?? '',
    SenderId: found.SenderId ?? '',
    ApproximateFirstReceiveTimestamp: found.ApproximateFirstReceiveTimestamp ?? '',
  };
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    md5OfBody: message.MD5OfBody ?? '',
    attributes,
    attempt: Number(attributes.ApproximateReceiveCount),
  };
}

export function* inTens<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += BATCH_LIMIT) yield items.slice(start, start + BATCH_LIMIT);
}
