import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from '#cdk/commands/run-npm.ts';
import { cacheFolder } from '#models/cache-folder.ts';

/** What of the client the tests use. */
export interface RemovebgClient {
  readonly removeBackgroundFromImageFile: (options: object) => Promise<RemovebgResult>;
  readonly removeBackgroundFromImageBase64: (options: object) => Promise<RemovebgResult>;
  readonly removeBackgroundFromImageUrl: (options: object) => Promise<RemovebgResult>;
}

export interface RemovebgResult {
  readonly base64img: string;
  readonly rateLimitRemaining: string;
}

const LOCK_FOLDER = fileURLToPath(new URL('removebg-client/', import.meta.url));

/**
 * remove.bg's client for Node as npm has it, pinned by a lock file of its own, fetched once into the cache.
 *
 * No package of ours: it needs `request`, which npm warns of, and so would every `npm ci` of a clone. All clients of this
 * API that npm has need it.
 *
 * @returns Null where it is not here and cannot be fetched.
 */
export async function fetchRemovebgClient(): Promise<RemovebgClient | null> {
  const folder = join(cacheFolder(), 'clients', 'remove.bg-1.3.0');
  const there = load(folder);
  if (there !== null) return there;
  const draft = `${folder}.${randomUUID()}`;
  try {
    await mkdir(draft, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) await cp(join(LOCK_FOLDER, name), join(draft, name));
    await runNpm(['ci'], draft);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } catch {
    await rm(draft, { recursive: true, force: true });
  }
  return load(folder);
}

function load(folder: string): RemovebgClient | null {
  try {
    return createRequire(import.meta.url)(join(folder, 'node_modules/remove.bg'));
  } catch {
    return null;
  }
}
