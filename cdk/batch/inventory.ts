import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { BatchError } from './batch-error.ts';
import { type ObjectAddress, readObject } from './objects.ts';

const InventoryManifest = z.object({
  sourceBucket: z.string(),
  destinationBucket: z.string(),
  fileFormat: z.literal('CSV'),
  /** e.g. `Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size`. */
  fileSchema: z.string(),
  files: z.array(z.object({ key: z.string() })),
});

export interface Inventory {
  readonly bucket: string;
  /** Only those that end like a photo and are no older version. */
  readonly keys: readonly string[];
}

/**
 * Reads the photos of an S3 Inventory from its `manifest.json`, whose CSV files carry URL-encoded keys.
 *
 * @throws {BatchError} `bad_source` when it is none, or not in CSV.
 */
export async function readInventory(s3: S3Client, address: ObjectAddress): Promise<Inventory> {
  const where = `s3://${address.bucket}/${address.key}`;
  const bytes = await readObject(s3, address);
  if (bytes === null) throw new BatchError('bad_source', `Expected an S3 Inventory at ${where}, found nothing`);
  const parsed = InventoryManifest.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
  if (!parsed.success) {
    throw new BatchError(
      'bad_source',
      `Expected the manifest.json of an S3 Inventory in CSV at ${where}, got:\n${z.prettifyError(parsed.error)}`,
    );
  }
  const { sourceBucket, destinationBucket, fileSchema, files } = parsed.data;
  const columns = fileSchema.split(',').map((column) => column.trim());
  const keys: string[] = [];
  for (const { key } of files) {
    const rows = await readRows(s3, { bucket: bucketName(destinationBucket), key }, columns);
    keys.push(...rows.filter(isCurrent).map((row) => decodeKey(keyIn(row))));
  }
  return { bucket: sourceBucket, keys: [...new Set(keys)].filter(isPhotoKey) };
}

async function readRows(s3: S3Client, address: ObjectAddress, columns: string[]): Promise<Row[]> {
  const bytes = await readObject(s3, address);
  if (bytes === null) {
    throw new BatchError(
      'bad_source',
      `Expected the inventory's file s3://${address.bucket}/${address.key}, found none`,
    );
  }
  const text = address.key.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes;
  return parse(Buffer.from(text), { columns });
}

type Row = { readonly Key?: string; readonly IsLatest?: string; readonly IsDeleteMarker?: string };

function keyIn({ Key = '' }: Row): string {
  return Key;
}

function isCurrent({ IsLatest, IsDeleteMarker }: Row): boolean {
  return IsLatest !== 'false' && IsDeleteMarker !== 'true';
}

function bucketName(arnOrName: string): string {
  return arnOrName.replace(/^arn:[^:]*:s3:::/, '');
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}
