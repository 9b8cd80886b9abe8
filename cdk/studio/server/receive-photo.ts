import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImagingError } from '#functions/imaging/errors.ts';
import { sniffFormat } from '#functions/imaging/sniff.ts';
import { photoName } from './free-name.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface ReceiveOptions {
  readonly store: Pick<StudioStore, 'addPhoto'>;
  /** For files that are still coming in. */
  readonly folder: string;
  readonly maxBytes: number;
}

/** What tells a photo's format lies in here, whatever its size. */
const START_BYTES = 64_000;

/**
 * Takes a photo in as it arrives, never whole in memory. What is no photo is said at once, while the person still sees it.
 *
 * @param body The file itself. @returns Its key. @throws {StudioError} `bad_name`, `too_large`, `empty_file`, `not_a_photo`,
 * `unsupported_format`
 */
export async function receivePhoto(name: string, body: Readable, options: ReceiveOptions): Promise<string> {
  const { store, folder, maxBytes } = options;
  photoName(name);
  await mkdir(folder, { recursive: true });
  const draft = join(folder, randomUUID());
  try {
    await pipeline(upTo(maxBytes, body), createWriteStream(draft, { flags: 'wx' }));
    await assertPhoto(draft);
    return await store.addPhoto(name, draft);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Leaves a body that is too large open: who sends it is still to hear so. @throws {StudioError} `too_large` */
async function* upTo(maxBytes: number, body: Readable): AsyncGenerator<Uint8Array> {
  let sizeBytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

/** @throws {StudioError} `too_large`; for a body whose size is known before it comes. */
export function refuseTooLarge(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): StudioError {
  return new StudioError(
    'too_large',
    `Expected at most ${Math.round(maxBytes / 1e6)} MB, got more. Send a smaller file.`,
  );
}

async function assertPhoto(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    await sniffFormat(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (!(error instanceof ImagingError)) throw error;
    const { code, message } = error;
    const isKnown = code === 'empty_file' || code === 'unsupported_format';
    throw new StudioError(isKnown ? code : 'not_a_photo', message, { cause: error });
  } finally {
    await file.close();
  }
}
