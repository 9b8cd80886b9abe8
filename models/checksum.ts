import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Checksum } from './catalogue.ts';
import { ModelError } from './errors.ts';

/** A file's digest as lower-case hex, read in pieces. */
export async function digestOf(file: string, algorithm: 'sha256' | 'md5' = 'sha256'): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Checks a file against its pinned checksum. @throws {ModelError} naming the expected and the found one. */
export async function assertChecksum(file: string, checksum: Checksum): Promise<void> {
  const [algorithm, expected] =
    'sha256' in checksum ? (['sha256', checksum.sha256] as const) : (['md5', checksum.md5] as const);
  const found = await digestOf(file, algorithm);
  if (found !== expected) {
    throw new ModelError('checksum_mismatch', `Expected ${algorithm} ${expected} for ${file}, got ${found}`);
  }
}
