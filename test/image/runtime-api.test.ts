import { expect, onTestFinished, test } from 'vitest';
import { startRuntimeApi } from './runtime-api.ts';

async function openApi() {
  const api = await startRuntimeApi({ event: { photo: 'shoe' }, timeoutMs: 60_000 });
  onTestFinished(() => api.close());
  return { api, runtime: `http://${api.address}/2018-06-01/runtime` };
}

test('hands out its event with an id and a deadline, and takes the answer under that id', async () => {
  const { api, runtime } = await openApi();

  const next = await fetch(`${runtime}/invocation/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  const body = '{"batchItemFailures":[]}';
  const taken = await fetch(`${runtime}/invocation/${id}/response`, { method: 'POST', body });

  expect(await next.json()).toEqual({ photo: 'shoe' });
  expect(Number(next.headers.get('lambda-runtime-deadline-ms'))).toBeGreaterThan(Date.now());
  expect(taken.status).toBe(202);
  await api.started;
  expect(await api.answered).toEqual({ kind: 'response', body: { batchItemFailures: [] } });
});

test('takes it for the answer when a function cannot start', async () => {
  const { api, runtime } = await openApi();

  await fetch(`${runtime}/init/error`, { method: 'POST', body: '{"errorType":"Error"}' });

  await api.started;
  expect(await api.answered).toEqual({ kind: 'init error', body: { errorType: 'Error' } });
});
