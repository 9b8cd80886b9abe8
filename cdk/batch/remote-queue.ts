import { ChangeMessageVisibilityCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import type { PolledQueue } from '../local/poller.ts';
import { receiveFrom, removeFrom } from '../local/queue-requests.ts';
import type { Cloud } from './cloud.ts';

/** A queue at an endpoint as this machine's poller reads it. */
export async function remoteQueue({ sqs }: Cloud, url: string): Promise<PolledQueue> {
  const { Attributes: found = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
  );
  const arn = found.QueueArn ?? '';
  return {
    arn,
    region: arn.split(':')[3] ?? '',
    receive: (options) => receiveFrom(sqs, url, { ...options, waitSeconds: Math.round(options.waitSeconds) }),
    remove: (messages) => removeFrom(sqs, url, messages),
    returnAfter: async ({ receiptHandle: ReceiptHandle }, delayMs) => {
      const VisibilityTimeout = Math.ceil(delayMs / 1_000);
      await sqs
        .send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }))
        .catch(ignoreIfGone);
    },
    // Only an embedded queue can be asked at any moment: this one is taken to be full, and polled until it is told to stop.
    counts: () => ({ visible: Number.POSITIVE_INFINITY, unfinished: Number.POSITIVE_INFINITY }),
  };
}

/** Its visibility timeout was over before: it is visible again already, or has gone to the dead-letter queue. */
function ignoreIfGone(error: unknown): void {
  const isGone =
    error instanceof Error && /MessageNotInflight|InvalidParameterValue|ReceiptHandleIsInvalid/.test(error.name);
  if (!isGone) throw error;
}
