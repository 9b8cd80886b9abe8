import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a file so that a reader sees the old one or the new one, never half of it, and a crash leaves the old one.
 *
 * @param content Text, or its parts as they come, so that a long page never lies in memory whole.
 */
export async function writeAtomically(path: string, content: string | AsyncIterable<string>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const parts = typeof content === 'string' ? [content] : content;
    await pipeline(Readable.from(parts), createWriteStream(temporary, { flags: 'wx' }));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
