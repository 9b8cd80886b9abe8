import { hash } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

interface FakeObject {
  readonly bytes: Uint8Array;
  readonly metadata: Record<string, string>;
}

/** S3's answers, conditional writes included, without a network. */
export class FakeS3 {
  readonly objects = new Map<string, FakeObject>();
  /** The next calls fail with these HTTP status codes, first one first. */
  readonly failures: number[] = [];

  put(bucket: string, key: string, bytes: Uint8Array, metadata: Record<string, string> = {}): void {
    this.objects.set(`${bucket}/${key}`, { bytes, metadata });
  }

  get client(): Pick<S3Client, 'send'> {
    return { send: async (command: unknown) => this.#answer(command) } as Pick<S3Client, 'send'>;
  }

  #answer(command: unknown): unknown {
    const failure = this.failures.shift();
    if (failure !== undefined) throw fault(failure);
    if (command instanceof PutObjectCommand) return this.#put(command);
    if (command instanceof DeleteObjectCommand) return this.objects.delete(pathOf(command.input));
    if (command instanceof GetObjectCommand || command instanceof HeadObjectCommand) return this.#get(command);
    throw new Error(`FakeS3 has no answer to ${String(command)}`);
  }

  #get({ input }: GetObjectCommand | HeadObjectCommand) {
    const object = this.objects.get(pathOf(input));
    if (object === undefined) throw fault(404);
    return {
      ETag: etagOf(object.bytes),
      ContentLength: object.bytes.length,
      Metadata: object.metadata,
      Body: { transformToByteArray: async () => object.bytes },
    };
  }

  #put({ input }: PutObjectCommand) {
    const path = pathOf(input);
    const current = this.objects.get(path);
    if (input.IfNoneMatch === '*' && current !== undefined) throw fault(412);
    if (input.IfMatch !== undefined && current === undefined) throw fault(404);
    if (input.IfMatch !== undefined && current !== undefined && input.IfMatch !== etagOf(current.bytes))
      throw fault(412);
    const bytes = input.Body as Uint8Array;
    this.objects.set(path, { bytes, metadata: {} });
    return { ETag: etagOf(bytes) };
  }
}

const NAMES: Record<number, string> = {
  403: 'AccessDenied',
  404: 'NotFound',
  409: 'ConditionalRequestConflict',
  412: 'PreconditionFailed',
  503: 'SlowDown',
};

function fault(status: number): S3ServiceException {
  const name = NAMES[status] ?? 'InternalError';
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status }, message: name });
}

function pathOf({ Bucket, Key }: { Bucket?: string | undefined; Key?: string | undefined }): string {
  return `${Bucket}/${Key}`;
}

function etagOf(bytes: Uint8Array): string {
  return `"${hash('md5', bytes)}"`;
}
