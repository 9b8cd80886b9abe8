import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { expect, test } from 'vitest';
import type { LockedPackage } from '#layers/locked-packages.ts';
import { withPackage } from '#layers/package-files.ts';
import { temporaryFolder, writeFiles } from '#test/support/folders.ts';

/** A package as npm would fetch it: a tarball with its files below `package/`. */
function packageTarball(): Buffer {
  const folder = temporaryFolder();
  writeFiles(folder, ['package/index.js', 'package/lib/native.node']);
  const file = join(folder, 'one.tgz');
  create({ file, cwd: folder, gzip: true, sync: true }, ['package']);
  return readFileSync(file);
}

function lockedAs(tarball: Uint8Array): LockedPackage {
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return { path: 'node_modules/@img/one', name: '@img/one', version: '1.2.3', integrity };
}

/** npm, as far as this is concerned: leaves a tarball in the folder it was started in. */
function npmWith(tarball: Uint8Array) {
  const calls: string[] = [];
  const run = async (program: string, args: readonly string[], cwd: string): Promise<void> => {
    calls.push([program, ...args].join(' '));
    writeFileSync(join(cwd, 'img-one-1.2.3.tgz'), tarball);
  };
  return { calls, run };
}

test('fetches the pinned version of a package that is not installed, once', async () => {
  const tarball = packageTarball();
  const { calls, run } = npmWith(tarball);
  const sources = { project: temporaryFolder(), cache: temporaryFolder(), run };

  const read = async (folder: string) => readFileSync(join(folder, 'lib/native.node'), 'utf8');
  const first = await withPackage(lockedAs(tarball), read, sources);
  await withPackage(lockedAs(tarball), read, sources);

  expect(first).toBe('package/lib/native.node');
  expect(calls).toEqual(['npm pack @img/one@1.2.3 --silent --ignore-scripts']);
});

test('refuses a tarball that is not the pinned one, and does not keep it', async () => {
  const { run } = npmWith(Buffer.from('something else'));
  const cache = temporaryFolder();

  const fetched = withPackage(lockedAs(packageTarball()), async () => {}, { project: temporaryFolder(), cache, run });

  await expect(fetched).rejects.toMatchObject({ code: 'checksum_mismatch' });
  expect(readdirSync(join(cache, 'packages'))).toEqual([]);
});

test('fetches again when what was kept is damaged', async () => {
  const tarball = packageTarball();
  const { calls, run } = npmWith(tarball);
  const cache = temporaryFolder();
  writeFiles(cache, ['packages/@img-one-1.2.3.tgz'], 'half a tarball');

  const names = await withPackage(lockedAs(tarball), async (folder) => readdirSync(folder).sort(), {
    project: temporaryFolder(),
    cache,
    run,
  });

  expect(names).toEqual(['index.js', 'lib']);
  expect(calls).toHaveLength(1);
});

test('uses the installed package where it is the pinned version', async () => {
  const project = temporaryFolder();
  writeFiles(project, ['node_modules/@img/one/package.json'], '{"version": "1.2.3"}');
  const { calls, run } = npmWith(Buffer.alloc(0));

  const folder = await withPackage(lockedAs(packageTarball()), async (found) => found, { project, run });

  expect(folder).toBe(join(project, 'node_modules/@img/one'));
  expect(calls).toEqual([]);
});

test('says which package npm could not fetch, and why', async () => {
  const run = async () => {
    throw new Error('npm pack ended with 1: E404');
  };

  const fetched = withPackage(lockedAs(packageTarball()), async () => {}, {
    project: temporaryFolder(),
    cache: temporaryFolder(),
    run,
  });

  await expect(fetched).rejects.toThrow('Expected npm to fetch @img/one@1.2.3, got: npm pack ended with 1: E404');
});
