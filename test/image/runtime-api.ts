import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One invocation from its function's side. */
export interface Answer {
  readonly kind: 'response' | 'error' | 'init error';
  readonly body: unknown;
}

/**
 * Lambda's Runtime API for one event, on this machine's loopback address.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export interface RuntimeApi {
  /** What a function finds in AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** The function has started and asks for its first event, or could not start. */
  readonly started: Promise<void>;
  /** The function's answer to the event. */
  readonly answered: Promise<Answer>;
  close(): void;
}

export interface RuntimeApiOptions {
  readonly event: unknown;
  /** The function's own time limit, counted from when it takes the event. */
  readonly timeoutMs: number;
}

const REQUEST_ID = '8476a536-e9f4-11e8-9739-2dfe598c3fcd';
const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:000000000000:function:remove-background';

export async function startRuntimeApi({ event, timeoutMs }: RuntimeApiOptions): Promise<RuntimeApi> {
  const started = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Answer>();
  let isTaken = false;

  const next = (response: ServerResponse): void => {
    // There is no second event: the function waits, as it does on AWS.
    if (isTaken) return;
    isTaken = true;
    started.resolve();
    const headers = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': REQUEST_ID,
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeoutMs),
      'Lambda-Runtime-Invoked-Function-Arn': FUNCTION_ARN,
    };
    response.writeHead(200, headers).end(JSON.stringify(event));
  };
  const take = async (kind: Answer['kind'], request: IncomingMessage, response: ServerResponse): Promise<void> => {
    answered.resolve({ kind, body: JSON.parse(await text(request)) });
    started.resolve();
    response.writeHead(202).end('{"status":"OK"}');
  };
  const routes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => unknown>> = {
    'GET /2018-06-01/runtime/invocation/next': (_, response) => next(response),
    [`POST /2018-06-01/runtime/invocation/${REQUEST_ID}/response`]: (...call) => take('response', ...call),
    [`POST /2018-06-01/runtime/invocation/${REQUEST_ID}/error`]: (...call) => take('error', ...call),
    'POST /2018-06-01/runtime/init/error': (...call) => take('init error', ...call),
  };

  const server = createServer((request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    if (route === undefined) response.writeHead(404).end();
    else route(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    address: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    started: started.promise,
    answered: answered.promise,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
