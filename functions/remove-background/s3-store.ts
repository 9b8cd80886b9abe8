import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import {
  type PhotoAddress,
  type PhotoStore,
  type PhotoVersion,
  type StoredPhoto,
  type StoredResult,
  StoreError,
  type WriteOptions,
} from './photo-store.ts';

interface Place {
  readonly bucket: string;
  readonly key: string;
}

/** Photos in whatever bucket a job names, results in one bucket. Retries of passing faults are the client's own. */
export class S3Store implements PhotoStore {
  readonly #client: Pick<S3Client, 'send'>;
  readonly #cutouts: string;

  constructor(client: Pick<S3Client, 'send'>, { cutouts }: { readonly cutouts: string }) {
    this.#client = client;
    this.#cutouts = cutouts;
  }

  async photoVersion(address: PhotoAddress): Promise<PhotoVersion | null> {
    return await orNull(address, async () => {
      const head = await this.#client.send(new HeadObjectCommand({ Bucket: address.bucket, Key: address.key }));
      return { etag: etagFrom(head.ETag), sizeBytes: head.ContentLength ?? 0, metadata: head.Metadata ?? {} };
    });
  }

  async readPhoto(address: PhotoAddress): Promise<StoredPhoto | null> {
    return await this.#read(address);
  }

  async readResult(key: string): Promise<StoredResult | null> {
    return await this.#read({ bucket: this.#cutouts, key });
  }

  async resultEtag(key: string): Promise<string | null> {
    return (await this.photoVersion({ bucket: this.#cutouts, key }))?.etag ?? null;
  }

  async writeResult(key: string, bytes: Uint8Array, { contentType, expected }: WriteOptions): Promise<boolean> {
    const place = { bucket: this.#cutouts, key };
    const condition = expected === null ? { IfNoneMatch: '*' } : { IfMatch: `"${expected}"` };
    const put = { Bucket: place.bucket, Key: key, Body: bytes, ContentType: contentType, ...condition };
    try {
      await this.#client.send(new PutObjectCommand(put));
      return true;
    } catch (error) {
      if (isLostRace(error)) return false;
      throw storeError(error, place);
    }
  }

  async deleteResult(key: string): Promise<void> {
    const place = { bucket: this.#cutouts, key };
    await orNull(place, () => this.#client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key })));
  }

  async #read(place: Place): Promise<{ bytes: Uint8Array; etag: string } | null> {
    return await orNull(place, async () => {
      const object = await this.#client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
      const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array(0);
      return { bytes, etag: etagFrom(object.ETag) };
    });
  }
}

/** ETags come in quotes; inside Cutline they go without. */
function etagFrom(header: string | undefined): string {
  return (header ?? '').replaceAll('"', '');
}

/** 412: the condition failed. 409: another conditional write was under way. 404: what was to be replaced is gone. */
function isLostRace(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || (status === 404 && nameOf(error) !== 'NoSuchBucket');
}

async function orNull<T>(place: Place, read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
    throw storeError(error, place);
  }
}

function storeError(error: unknown, { bucket, key }: Place): StoreError {
  const where = `"${key}" in bucket "${bucket}"`;
  const status = statusOf(error);
  if (status === 403) {
    return new StoreError(
      'access_denied',
      `Expected to be allowed to use ${where}, got ${nameOf(error)}. Check the function's role.`,
      {
        cause: error,
      },
    );
  }
  if (status === 503 || status === 429) {
    return new StoreError('throttled', `Expected to use ${where}, got ${nameOf(error)}: too many requests at once.`, {
      cause: error,
    });
  }
  return new StoreError('unavailable', `Expected to use ${where}, got ${nameOf(error)}.`, { cause: error });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : String(error);
}
