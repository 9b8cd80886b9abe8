import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

/** What the pool asks of a worker: one invocation of the handler. */
export interface InvocationRequest {
  readonly id: string;
  readonly event: SQSEvent;
  /** When the worker will be killed, in ms since 1970. */
  readonly deadlineMs: number;
}

/** What a worker answers. `ready` comes once, when its handler is loaded. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: string; readonly response: SQSBatchResponse | null }
  | { readonly type: 'error'; readonly id: string; readonly message: string };
