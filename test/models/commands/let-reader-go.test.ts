import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '#test/support/folders.ts';

test.each([
  ['models/cli.ts', 'list'],
  ['cdk/cli.ts', '--help'],
  ['layers/cli.ts', '--help'],
])('%s ends without a word when the reader of its output has left', async (cli, ...args) => {
  const program = fileURLToPath(new URL(`../../../${cli}`, import.meta.url));
  const env = { ...process.env, CUTLINE_CACHE: temporaryFolder() };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], { env });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });

  child.stdout.destroy();
  const [exitCode] = await once(child, 'close');

  expect({ exitCode, said }).toEqual({ exitCode: 0, said: '' });
});
