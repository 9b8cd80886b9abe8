import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ModelError } from '../errors.ts';
import type { OnProgress } from './download.ts';

/** Fetches one file over HTTPS. @throws {ModelError} for an answer other than 200; network faults as they come. */
export async function downloadHttps(url: string, target: string, onProgress: OnProgress): Promise<void> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    throw new ModelError('source_failed', `the server answered ${response.status} ${response.statusText}`);
  }
  const total = Number(response.headers.get('content-length') ?? 0);
  let done = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _, next) {
      done += chunk.length;
      onProgress({ step: 'download', doneBytes: done, ...(total > 0 ? { totalBytes: total } : {}) });
      next(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), counter, createWriteStream(target));
}
