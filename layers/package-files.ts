import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { extract } from 'tar';
import { z } from 'zod';
import { cacheFolder } from '#models/cache-folder.ts';
import { type RunCommand, runCommand } from '#models/run-command.ts';
import { LayerError } from './errors.ts';
import type { LockedPackage } from './locked-packages.ts';

export interface PackageSources {
  /** The project's folder, whose node_modules is looked at first. @default the working folder */
  readonly project?: string;
  /** Keeps the tarballs that npm fetched. @default {@link cacheFolder} */
  readonly cache?: string;
  /** @default a child process */
  readonly run?: RunCommand;
}

/**
 * Finds a package's files: where npm installed it, else (as for another kind of processor) as npm fetches it, checked
 * against package-lock.json and kept for the next time.
 *
 * @param use Gets the package's folder, which may be gone afterwards.
 * @throws {LayerError} `no_package` or `checksum_mismatch`
 */
export async function withPackage<T>(
  wanted: LockedPackage,
  use: (folder: string) => Promise<T>,
  { project = '.', cache = cacheFolder(), run = runCommand }: PackageSources = {},
): Promise<T> {
  const installed = join(project, wanted.path);
  if ((await versionIn(installed)) === wanted.version) return await use(installed);

  const tarball = join(cache, 'packages', `${wanted.name.replace('/', '-')}-${wanted.version}.tgz`);
  if (!(await isIntact(tarball, wanted))) await fetchTarball(wanted, tarball, run);
  const folder = `${tarball}.${randomUUID()}`;
  await mkdir(folder);
  try {
    await extract({ file: tarball, cwd: folder, strip: 1 });
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PackageJson = z.object({ version: z.string() });

/** @returns The version of the package in a folder, or undefined where there is none. */
export async function versionIn(folder: string): Promise<string | undefined> {
  try {
    return PackageJson.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))).version;
  } catch {
    return undefined;
  }
}

async function isIntact(tarball: string, { integrity }: LockedPackage): Promise<boolean> {
  const bytes = await readFile(tarball).catch(() => undefined);
  return bytes !== undefined && integrity === `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** npm knows the registry, its mirror and its passwords, so it does the fetching. */
async function fetchTarball(wanted: LockedPackage, tarball: string, run: RunCommand): Promise<void> {
  const folder = `${tarball}.${randomUUID()}`;
  const id = `${wanted.name}@${wanted.version}`;
  await mkdir(folder, { recursive: true });
  try {
    await run('npm', ['pack', id, '--silent', '--ignore-scripts'], folder).catch((cause: unknown) => {
      throw new LayerError('no_package', `Expected npm to fetch ${id}, got: ${messageOf(cause)}`, { cause });
    });
    const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
    if (file === undefined) throw new LayerError('no_package', `Expected a tarball of ${id} from npm pack, got none`);
    if (!(await isIntact(join(folder, file), wanted))) {
      throw new LayerError(
        'checksum_mismatch',
        `Expected the tarball of ${id} to be what package-lock.json pins (${wanted.integrity}), got another one`,
      );
    }
    await mkdir(dirname(tarball), { recursive: true });
    await rename(join(folder, file), tarball);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
