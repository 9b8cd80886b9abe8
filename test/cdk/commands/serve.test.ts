import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../support/folders.ts';
import { endOf, runCutline, startCutline } from '../../support/run-cutline.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { boxPhoto, pixelsOf, postForm } from '../../support/tiny-server.ts';

test('serves a photo, says where and how long, and ends cleanly at SIGTERM', async () => {
  const folder = temporaryFolder();
  const model = await writeTinyModel(folder);
  const keyFile = join(folder, 'key.txt');
  writeFileSync(keyFile, 'a-key-of-this-test\n');
  const args = ['--model', model, '--port', '0', '--workers', '1', '--host', '0.0.0.0', '--api-key-file', keyFile];
  const child = startCutline(['serve', ...args]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const ended = endOf(child);
  const [line] = await once(child.stdout ?? child, 'data');
  const port = /^http:\/\/[^:]+:(\d+)\/v1\.0\/removebg\n$/.exec(String(line))?.[1];

  const url = `http://127.0.0.1:${port}`;
  const pixels = await pixelsOf(
    await postForm({ url }, { image_file: await boxPhoto() }, { 'x-api-key': 'a-key-of-this-test' }),
  );
  const refused = await fetch(`${url}/v1.0/account`);
  child.kill('SIGTERM');
  const { exitCode, stderr } = await ended;

  expect([pixels.width, refused.status, exitCode]).toEqual([320, 403, 0]);
  expect(stderr).toMatch(/^200 POST \/v1\.0\/removebg \d+ ms\n403 GET \/v1\.0\/account \d+ ms\n$/);
});

test('says that its port is taken, and leaves no worker behind', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => {
    taken.close();
  });
  const address = taken.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const model = await writeTinyModel(temporaryFolder());

  const { exitCode, stderr } = await runCutline(['serve', '--model', model, '--port', port, '--workers', '1']);

  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^cutline: .*EADDRINUSE.*\n$/);
});

test('ends with the words of a worker that does not start', async () => {
  const model = await writeTinyModel(temporaryFolder());
  const manifest = JSON.parse(readFileSync(join(model, 'manifest.json'), 'utf8'));
  const sha256 = createHash('sha256').update('no model').digest('hex');
  writeFileSync(join(model, 'manifest.json'), JSON.stringify({ ...manifest, sha256 }));
  writeFileSync(join(model, 'model.onnx'), 'no model');

  const { exitCode, stderr } = await runCutline(['serve', '--model', model, '--port', '0', '--workers', '1']);

  expect(exitCode).toBe(1);
  expect(stderr).toContain('Expected a worker to start');
});

const folder = () => {
  const empty = temporaryFolder();
  writeFileSync(join(empty, 'short.txt'), 'key\n');
  return empty;
};

test.each([
  [() => ['--host', '0.0.0.0'], /Expected an API key with --host 0\.0\.0\.0/],
  [() => ['--api-key-file', 'nowhere.txt'], /Expected a file that can be read for --api-key-file/],
  [() => ['--api-key-file', join(folder(), 'short.txt')], /Expected a key of 8 to 256/],
  [() => ['--port', '70000'], /option '--port <n>' argument '70000' is invalid/],
])('takes wrong usage for that: %#', async (args, message) => {
  const { exitCode, stderr } = await runCutline(['serve', ...args()]);

  expect(exitCode).toBe(2);
  expect(stderr).toMatch(message);
});

test('asks a bigger network where the first is in doubt, and gives up below what is asked for', async () => {
  const folder = temporaryFolder();
  const model = await writeTinyModel(join(folder, 'first'));
  const start = async (more: readonly string[]) => {
    const child = startCutline(['serve', '--model', model, '--port', '0', '--workers', '1', '--quiet', ...more]);
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const [line] = await once(child.stdout ?? child, 'data');
    return { url: new URL(String(line).trim()).origin };
  };
  // Nothing is this sure: the first network's mask is in doubt, and the second one's, too.
  const strict = await start(['--review-below', '1', '--reject-below', '1', '--escalate', model, '--edges', 'fast']);

  const refused = await postForm(strict, { image_file: await boxPhoto() });

  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ errors: [{ code: 'unknown_foreground' }] });
});
