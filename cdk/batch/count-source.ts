import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { listPhotos } from '../local/photos-folder.ts';
import { BatchError } from './batch-error.ts';
import type { Cloud } from './cloud.ts';
import { readCsv } from './csv-rows.ts';
import { readInventory } from './inventory.ts';
import { forEachAtOnce, listObjects } from './objects.ts';
import { parseS3Address } from './read-source.ts';

/** How much a source is, without reading a photo. */
export interface SourceSize {
  readonly photos: number;
  /** Of the photos' files; null where the source does not say. */
  readonly bytes: number | null;
}

/** Counts what `readSource` would submit. @throws {BatchError} when there is nothing there. */
export async function countSource(
  text: string,
  {
    openCloud,
    photosFolder,
  }: { readonly openCloud: () => Pick<Cloud, 's3'>; readonly photosFolder?: string | undefined },
): Promise<SourceSize> {
  const size = text.startsWith('s3://')
    ? await countBucket(text, openCloud())
    : await countLocal(resolve(text), photosFolder);
  if (size.photos > 0) return size;
  throw new BatchError('no_photos', `Expected photos in ${text}, found none. Check that it is the right place.`);
}

async function countBucket(text: string, { s3 }: Pick<Cloud, 's3'>): Promise<SourceSize> {
  const address = parseS3Address(text);
  if (address.key.endsWith('manifest.json')) {
    return { photos: (await readInventory(s3, address)).keys.length, bytes: null };
  }
  let [photos, bytes] = [0, 0];
  for await (const { key, sizeBytes } of listObjects(s3, address.bucket, address.key)) {
    if (!isPhotoKey(key)) continue;
    photos++;
    bytes += sizeBytes;
  }
  return { photos, bytes };
}

async function countLocal(path: string, photosFolder: string | undefined): Promise<SourceSize> {
  const facts = await stat(path).catch((cause: unknown) => {
    const what = 'Expected a folder, a CSV file or s3://bucket/prefix';
    throw new BatchError('bad_source', `${what}, found nothing at ${path}`, { cause });
  });
  if (facts.isDirectory()) return await sizeOf(path, await listPhotos(path, { exclude: [] }));
  const { photos } = readCsv(await readFile(path, 'utf8'), path);
  if (photosFolder === undefined) return { photos: photos.length, bytes: null };
  return await sizeOf(
    resolve(photosFolder),
    photos.map(({ key }) => key),
  );
}

async function sizeOf(folder: string, keys: readonly string[]): Promise<SourceSize> {
  const sizes = await forEachAtOnce(keys, async (key) => (await stat(join(folder, key)).catch(() => null))?.size ?? 0);
  return { photos: keys.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
