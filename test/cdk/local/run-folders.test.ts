import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareFolders } from '#cdk/local/run-folders.ts';
import { temporaryFolder } from '#test/support/folders.ts';

test('makes every folder that is missing above the target', async () => {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'photos'));

  const { dst, state } = await prepareFolders(join(folder, 'photos'), join(folder, 'a/b/cutouts'));

  expect(dst.endsWith('a/b/cutouts')).toBe(true);
  expect(existsSync(state)).toBe(true);
});

test.each([
  ['below a file', async (folder: string) => join(folder, 'file', 'cutouts')],
  // Node's own recursive mkdir never comes back from here.
  ['in a file system of the kernel', async () => '/proc/cutouts'],
])('refuses a target %s', async (_, target) => {
  const folder = temporaryFolder();
  await mkdir(join(folder, 'photos'));
  await writeFile(join(folder, 'file'), '');

  await expect(prepareFolders(join(folder, 'photos'), await target(folder))).rejects.toMatchObject({
    code: 'target_unwritable',
  });
});
