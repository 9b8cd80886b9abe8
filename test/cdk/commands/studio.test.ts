import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Session } from '#cdk/studio/protocol.ts';
import { drawDisc, photo, plainPhoto } from '#test/support/drawn-photo.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { endOf, startCutline } from '#test/support/run-cutline.ts';
import { ask } from '#test/support/studio.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

test('cuts out with the bigger network, the limits and the edges that it was started with, and ends at Ctrl-C', async () => {
  const folder = temporaryFolder();
  const dst = join(folder, 'cutouts');
  const model = await writeTinyModel(join(folder, 'faint'), { id: 'faint', steepness: 3 });
  const bigger = await writeTinyModel(join(folder, 'surer'), { id: 'surer' });
  const limits = ['--review-below', '1', '--reject-below', '0.02', '--escalate', bigger, '--edges', 'fast'];
  const child = startCutline(['studio', dst, '--model', model, '--workers', '1', ...limits]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = endOf(child);
  const [line] = await once(child.stdout ?? child, 'data');
  const { origin, searchParams } = new URL(String(line));
  const studio = { address: '', origin, token: searchParams.get('token') ?? '', close: async () => {} };
  const disc = await photo(drawDisc(64, 64)).png().toBuffer();
  const empty = await plainPhoto(64, 64, 'white').png().toBuffer();

  await ask(studio, '/api/photos?name=disc.png', { method: 'PUT', body: disc });
  await ask(studio, '/api/photos?name=empty.png', { method: 'PUT', body: empty });
  const { defaults } = (await ask(studio, '/api/session')).json as Session;
  await ask(studio, '/api/runs', { json: { keys: ['disc.png', 'empty.png'], choice: defaults } });
  const state = async () => ((await ask(studio, '/api/session')).json as Session).runs[0]?.state;
  await expect.poll(state, { timeout: 25_000 }).toBe('done');
  child.kill('SIGINT');
  const { exitCode } = await ended;

  const recordOf = (key: string) => JSON.parse(readFileSync(join(dst, 'records', `${key}.json`), 'utf8'));
  expect(recordOf('disc.png')).toMatchObject({
    status: 'done',
    verdict: 'review',
    edges: 'fast',
    escalation: { first: { model: { id: 'faint' } }, second: { model: { id: 'surer' } }, kept: 'second' },
  });
  expect(recordOf('empty.png')).toMatchObject({ status: 'rejected', code: 'too_doubtful' });
  expect(exitCode).toBe(0);
});
