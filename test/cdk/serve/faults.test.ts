import { expect, onTestFinished, test } from 'vitest';
import { InvocationError } from '../../../cdk/local/worker-pool.ts';
import { createServer, type ServerOptions } from '../../../cdk/serve/server.ts';
import { errorOf, postJson } from '../../support/tiny-server.ts';

/** A server whose workers fail. */
async function startFailing(failure: Error) {
  const faults: unknown[] = [];
  const options: ServerOptions = {
    cutOut: () => Promise.reject(failure),
    workers: 1,
    waiting: 0,
    apiKey: null,
    maxBytes: 1000,
    ratePerMinute: 100,
    fetching: null,
    onAnswer: () => {},
    onFault: (error) => faults.push(error),
  };
  const server = await createServer(options);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => server.close());
  return { url, faults };
}

const PHOTO = { image_file_b64: Buffer.from('photo').toString('base64') };

test.each([
  [
    'a worker that dies',
    new InvocationError('worker_crashed', 'The worker died (signal SIGSEGV).'),
    500,
    'internal_error',
  ],
  [
    'a handler that throws',
    new InvocationError('handler_error', 'ENOMEM: /home/someone/models'),
    500,
    'internal_error',
  ],
  ['an error that calls itself a 200', Object.assign(new Error('odd'), { statusCode: 200 }), 500, 'internal_error'],
  ['a photo without end', new InvocationError('timeout', 'The photo took longer than 60 s.'), 504, 'timeout'],
])('%s is told to the operator, and to the client only that it is', async (_, failure, status, code) => {
  const server = await startFailing(failure);

  const [first, second] = [await errorOf(await postJson(server, PHOTO)), await errorOf(await postJson(server, PHOTO))];

  expect([first, second]).toMatchObject([
    { status, code },
    { status, code },
  ]);
  expect(JSON.stringify(first)).not.toMatch(/SIGSEGV|ENOMEM|someone|odd/);
  expect(server.faults).toEqual([failure, failure]);
});
