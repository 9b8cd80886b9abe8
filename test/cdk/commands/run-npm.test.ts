import { expect, test } from 'vitest';
import { npmReason } from '#cdk/commands/run-npm.ts';

const failed = (stderr: string) => Object.assign(new Error('Command failed: npm pack'), { stderr });

test('finds the network fault in what npm says', () => {
  const stderr =
    'npm error code ECONNREFUSED\nnpm error FetchError: request to http://host/pkg failed, reason: connect ECONNREFUSED 127.0.0.1:9\nnpm error     at x';

  expect(npmReason(failed(stderr))).toBe('connect ECONNREFUSED 127.0.0.1:9');
});

test('falls back on npm’s code, and on the fault of starting it', () => {
  expect(npmReason(failed('npm error code E404\nnpm error 404 Not Found'))).toBe('E404');
  expect(npmReason(new Error('spawn npm ENOENT'))).toBe('spawn npm ENOENT');
});
