import { fork } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { lockRun } from '../../../cdk/local/run-lock.ts';
import { temporaryFolder } from '../../support/folders.ts';

test('refuses a second run on the same folder until the first gives the lock back', () => {
  const folder = temporaryFolder();
  const unlock = lockRun(folder);

  expect(() => lockRun(folder)).toThrow(expect.objectContaining({ code: 'already_running', isUsage: true }));
  unlock();
  const unlockAgain = lockRun(folder);

  unlockAgain();
});

test('loses the lock with its process', async () => {
  const folder = temporaryFolder();
  const holder = fork(new URL('../../support/lock-holder.ts', import.meta.url), [folder], {
    execArgv: [],
  });
  await once(holder, 'message');
  expect(() => lockRun(folder)).toThrow(expect.objectContaining({ code: 'already_running' }));
  holder.kill('SIGKILL');
  await once(holder, 'exit');

  const unlock = lockRun(folder);

  unlock();
});
