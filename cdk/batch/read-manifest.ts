import { BatchError } from './batch-error.ts';
import { BatchManifest, batchKey } from './batch-manifest.ts';
import type { Cloud } from './cloud.ts';
import { readObject } from './objects.ts';
import type { Place } from './place.ts';

/** @returns What a batch was asked to do, or null where there is no such batch. */
export async function readManifest(cloud: Pick<Cloud, 's3'>, place: Place, id: string): Promise<BatchManifest | null> {
  const bytes = await readObject(cloud.s3, { bucket: place.cutoutsBucket, key: batchKey(id, 'manifest.json') });
  return bytes === null ? null : BatchManifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** The same. @throws {BatchError} `unknown_batch` */
export async function requireManifest(cloud: Pick<Cloud, 's3'>, place: Place, id: string): Promise<BatchManifest> {
  const manifest = await readManifest(cloud, place, id);
  if (manifest !== null) return manifest;
  throw new BatchError(
    'unknown_batch',
    `Expected the id of a batch in ${place.cutoutsBucket}, got "${id}". cutline submit prints it.`,
  );
}
