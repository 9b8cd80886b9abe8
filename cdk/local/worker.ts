import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { InvocationRequest, WorkerMessage } from './worker-messages.ts';

/**
 * The program of one worker process: what Lambda's runtime does for a function. Loads the handler module named by its
 * first argument, says `ready`, then answers one invocation at a time until its parent is gone, the process named by its
 * second argument.
 */

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse | undefined>;

const [handlerPath = '', parent = ''] = process.argv.slice(2);
dieWith(Number(parent));
// Ctrl-C reaches every process of the terminal; what it means for a photo in hand is the parent's to say.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const handler = await loadHandler(handlerPath);
process.on('message', (request: InvocationRequest) => {
  void answer(request).then(send);
});
send({ type: 'ready' });

async function loadHandler(path: string): Promise<Handler> {
  const module: { readonly handler?: unknown } = await import(pathToFileURL(path).href);
  const { handler } = module;
  if (typeof handler !== 'function') throw new TypeError(`Expected an exported function "handler" in ${path}`);
  return async (event, context) => handler(event, context);
}

async function answer({ id, event, deadlineMs }: InvocationRequest): Promise<WorkerMessage> {
  try {
    const response = await handler(event, contextOf(id, deadlineMs));
    return { type: 'answer', id, response: response ?? null };
  } catch (error) {
    console.error(error);
    return { type: 'error', id, message: error instanceof Error ? error.message : String(error) };
  }
}

function contextOf(id: string, deadlineMs: number): Context {
  return {
    functionName: 'remove-background',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:remove-background',
    memoryLimitInMB: '1769',
    awsRequestId: id,
    logGroupName: '/aws/lambda/remove-background',
    logStreamName: String(process.pid),
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(deadlineMs - Date.now(), 0),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

/**
 * Ends this process when its parent is gone. The closed channel tells an idle worker; a thread of its own tells one whose
 * main thread is inside the network, which can take seconds.
 */
function dieWith(parent: number): void {
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  const watch = `
    setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), 200);
  `;
  new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 1 } }).unref();
}
