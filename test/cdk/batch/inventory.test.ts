import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { beforeEach, expect, test } from 'vitest';
import { readInventory } from '#cdk/batch/inventory.ts';
import { FakeS3 } from '#test/support/fake-s3.ts';

const FOLDER = 'photos/daily';
const address = { bucket: 'inventory', key: `${FOLDER}/2026-11-24T01-00Z/manifest.json` };

/** As AWS's user guide prints one. */
const manifest = {
  sourceBucket: 'shop-photos',
  destinationBucket: 'arn:aws:s3:::inventory',
  version: '2016-11-30',
  creationTimestamp: '1514944800000',
  fileFormat: 'CSV',
  fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size',
  files: [
    { key: `${FOLDER}/data/one.csv.gz`, size: 100, MD5checksum: 'x' },
    { key: `${FOLDER}/data/two.csv`, size: 100, MD5checksum: 'x' },
  ],
};

let s3: FakeS3;
beforeEach(() => {
  s3 = new FakeS3();
  const row = (key: string, isLatest = true, isDeleted = false) =>
    `"shop-photos","${key}","v1","${isLatest}","${isDeleted}","12"`;
  const one = [row('a+b%2Bc.jpg'), row('gr%C3%B6%C3%9Fe.png'), row('prices.csv'), row('a+b%2Bc.jpg', false)];
  const two = [row('deleted.jpg', true, true), row('last.JPG')];
  s3.put('inventory', `${FOLDER}/data/one.csv.gz`, gzipSync(one.join('\n')));
  s3.put('inventory', `${FOLDER}/data/two.csv`, Buffer.from(two.join('\n')));
  s3.put('inventory', address.key, Buffer.from(JSON.stringify(manifest)));
});

const client = () => s3.client as S3Client;

test('reads the latest version of each photo, with its key decoded, from every file', async () => {
  expect(await readInventory(client(), address)).toEqual({
    bucket: 'shop-photos',
    keys: ['a b+c.jpg', 'größe.png', 'last.JPG'],
  });
});

test.each([
  ['in another format', { ...manifest, fileFormat: 'Parquet' }, 'fileFormat'],
  ['that is something else', { name: 'x' }, 'sourceBucket'],
])('refuses a manifest %s and names what is wrong', async (_, content, named) => {
  s3.put('inventory', address.key, Buffer.from(JSON.stringify(content)));

  await expect(readInventory(client(), address)).rejects.toMatchObject({
    code: 'bad_source',
    message: expect.stringContaining(named),
  });
});

test('says which of its files is missing', async () => {
  s3.objects.delete(`inventory/${FOLDER}/data/two.csv`);

  await expect(readInventory(client(), address)).rejects.toThrow(`s3://inventory/${FOLDER}/data/two.csv`);
});
