import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** Calls under way at once: enough to hide the way there and back, few enough for one connection pool. */
export const CALLS_AT_ONCE = 32;

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

export interface ListedObject {
  readonly key: string;
  /** Without quotes. */
  readonly etag: string;
  readonly modifiedMs: number;
  readonly sizeBytes: number;
}

/** @returns An object's bytes, or null where there is none. */
export async function readObject(s3: S3Client, { bucket, key }: ObjectAddress): Promise<Uint8Array | null> {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array(0);
  } catch (error) {
    if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
    throw error;
  }
}

/** Writes an object. @param options.isNew Only where there is none. @returns Whether it was written. */
export async function writeObject(
  s3: S3Client,
  { bucket, key }: ObjectAddress,
  body: string | Uint8Array,
  { contentType = 'application/json', isNew = false }: { readonly contentType?: string; readonly isNew?: boolean } = {},
): Promise<boolean> {
  const condition = isNew ? { IfNoneMatch: '*' } : {};
  try {
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType, ...condition }),
    );
    return true;
  } catch (error) {
    if (isNew && (statusOf(error) === 412 || statusOf(error) === 409)) return false;
    throw error;
  }
}

export async function deleteObject(s3: S3Client, { bucket, key }: ObjectAddress): Promise<void> {
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** Lists every object whose key begins so, in the store's order. */
export async function* listObjects(s3: S3Client, bucket: string, prefix: string): AsyncGenerator<ListedObject> {
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key: key = '', ETag: etag = '', LastModified: modified, Size: sizeBytes = 0 } of page.Contents ?? []) {
      yield { key, etag: etag.replaceAll('"', ''), modifiedMs: modified?.getTime() ?? 0, sizeBytes };
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** The longest beginning that all keys share: what to list to meet them all. */
export function sharedPrefix(keys: readonly string[]): string {
  let [shared = ''] = keys;
  for (const key of keys) {
    while (!key.startsWith(shared)) shared = shared.slice(0, -1);
  }
  return shared;
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}

/** Does `work` on each item, `CALLS_AT_ONCE` at a time. The first failure ends it. @returns The results in the items' order. */
export async function forEachAtOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  atOnce: number = CALLS_AT_ONCE,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length);
  const queue = items.entries();
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
