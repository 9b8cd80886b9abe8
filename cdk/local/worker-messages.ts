import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

/** What the pool asks of a worker: one invocation of the handler. */
export interface InvocationRequest<Event = SQSEvent> {
  readonly id: string;
  readonly event: Event;
  /** When the worker will be killed, in ms since 1970. */
  readonly deadlineMs: number;
}

/** What a worker answers. `ready` comes once, when its handler is loaded. */
export type WorkerMessage<Answer = SQSBatchResponse> =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: string; readonly response: Answer | null }
  | { readonly type: 'error'; readonly id: string; readonly message: string };
