import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderStore } from '#functions/remove-background/folder-store.ts';
import type { PhotoStore } from '#functions/remove-background/photo-store.ts';
import { S3Store } from '#functions/remove-background/s3-store.ts';
import { FakeS3 } from '#test/support/fake-s3.ts';
import { MemoryStore } from '#test/support/memory-store.ts';

const one = new TextEncoder().encode('one');
const two = new TextEncoder().encode('two');
const contentType = 'text/plain';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-store-'));
});
afterEach(async () => await rm(folder, { recursive: true }));

interface Subject {
  readonly store: PhotoStore;
  readonly putPhoto: (key: string, bytes: Uint8Array) => Promise<void>;
}

const subjects: Record<string, () => Promise<Subject>> = {
  folder: async () => {
    const photos = join(folder, 'photos');
    const putPhoto = async (key: string, bytes: Uint8Array) => {
      await mkdir(dirname(join(photos, key)), { recursive: true });
      await writeFile(join(photos, key), bytes);
    };
    return { store: new FolderStore({ photos, cutouts: join(folder, 'cutouts') }), putPhoto };
  },
  s3: async () => {
    const s3 = new FakeS3();
    return {
      store: new S3Store(s3.client, { cutouts: 'cutouts' }),
      putPhoto: async (key, bytes) => s3.put('photos', key, bytes),
    };
  },
  memory: async () => {
    const store = new MemoryStore();
    return { store, putPhoto: async (key, bytes) => void store.photos.set(key, bytes) };
  },
};

describe.each(Object.keys(subjects))('%s store', (name) => {
  let subject: Subject;
  beforeEach(async () => {
    subject = await (subjects[name] as () => Promise<Subject>)();
  });

  test('says null for a photo and a result that are not there', async () => {
    const { store } = subject;
    const address = { bucket: 'photos', key: 'a/none.jpg' };

    expect(await store.photoVersion(address)).toBeNull();
    expect(await store.readPhoto(address)).toBeNull();
    expect(await store.readResult('records/none.json')).toBeNull();
    expect(await store.resultEtag('records/none.json')).toBeNull();
  });

  test('gives the same ETag for a look and a read, and another one when the content changes', async () => {
    const { store, putPhoto } = subject;
    const address = { bucket: 'photos', key: 'a b/ü+"\'🙂..x.jpg' };
    await putPhoto(address.key, one);

    const looked = await store.photoVersion(address);
    const read = await store.readPhoto(address);
    await putPhoto(address.key, two);
    const later = await store.photoVersion(address);

    expect(looked?.sizeBytes).toBe(3);
    expect(read).toEqual({ bytes: expect.anything(), etag: looked?.etag });
    expect(Buffer.from(read?.bytes ?? [])).toEqual(Buffer.from(one));
    expect(later?.etag).not.toBe(looked?.etag);
  });

  test('creates a result only where there is none', async () => {
    const { store } = subject;

    expect(await store.writeResult('cutouts/x.png', one, { contentType, expected: null })).toBe(true);
    expect(await store.writeResult('cutouts/x.png', two, { contentType, expected: null })).toBe(false);
    expect(Buffer.from((await store.readResult('cutouts/x.png'))?.bytes ?? [])).toEqual(Buffer.from(one));
  });

  test('replaces only the version that was seen', async () => {
    const { store } = subject;
    await store.writeResult('cutouts/x.png', one, { contentType, expected: null });
    const seen = await store.resultEtag('cutouts/x.png');

    expect(await store.writeResult('cutouts/x.png', two, { contentType, expected: seen })).toBe(true);
    expect(await store.writeResult('cutouts/x.png', one, { contentType, expected: seen })).toBe(false);
    expect(await store.writeResult('cutouts/gone.png', one, { contentType, expected: seen })).toBe(false);
  });

  test('deletes a result, twice without complaint', async () => {
    const { store } = subject;
    await store.writeResult('cutouts/x.png', one, { contentType, expected: null });

    await store.deleteResult('cutouts/x.png');
    await store.deleteResult('cutouts/x.png');

    expect(await store.resultEtag('cutouts/x.png')).toBeNull();
  });

  test('lets exactly one of twenty writers at once create a result', async () => {
    const { store } = subject;

    const won = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.writeResult('cutouts/x.png', new TextEncoder().encode(String(i)), { contentType, expected: null }),
      ),
    );

    expect(won.filter(Boolean)).toHaveLength(1);
    const stored = new TextDecoder().decode((await store.readResult('cutouts/x.png'))?.bytes);
    expect(stored).toBe(String(won.indexOf(true)));
  });
});

describe('folder store', () => {
  test('leaves nothing unfinished behind and nothing outside its folder', async () => {
    const store = new FolderStore({ photos: folder, cutouts: join(folder, 'out') });

    await store.writeResult('cutouts/a/b.png', one, { contentType, expected: null });
    await store.writeResult('cutouts/a/b.png', two, { contentType, expected: null });

    expect(await readdir(join(folder, 'out', '.cutline', 'unfinished'))).toEqual([]);
    expect((await readdir(folder)).sort()).toEqual(['out']);
  });

  test('refuses a key that climbs out of the folder', async () => {
    const store = new FolderStore({ photos: folder, cutouts: join(folder, 'out') });

    await expect(store.readPhoto({ bucket: '', key: '../secret.jpg' })).rejects.toThrow('inside');
    await expect(store.writeResult('../x', one, { contentType, expected: null })).rejects.toThrow('inside');
    await expect(store.writeResult('/etc/x', one, { contentType, expected: null })).rejects.toThrow('inside');
  });

  test("reports a folder in a photo's place and a broken result path as passing faults", async () => {
    const store = new FolderStore({ photos: folder, cutouts: join(folder, 'out') });
    await mkdir(join(folder, 'folder.jpg'));
    await symlink('/dev/full', join(folder, 'full.jpg'));
    await writeFile(join(folder, 'out', 'cutouts'), 'a file where a folder must be');

    await expect(store.readPhoto({ bucket: '', key: 'folder.jpg' })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    });
    await expect(store.writeResult('cutouts/x.png', one, { contentType, expected: null })).rejects.toMatchObject({
      retryable: true,
    });
  });
});

describe('S3 store', () => {
  test.each([
    [403, 'access_denied'],
    [503, 'throttled'],
    [500, 'unavailable'],
  ])('turns HTTP %i into the passing fault %s', async (status, code) => {
    const s3 = new FakeS3();
    const store = new S3Store(s3.client, { cutouts: 'cutouts' });
    s3.failures.push(status, status);

    await expect(store.readPhoto({ bucket: 'photos', key: 'a.jpg' })).rejects.toMatchObject({ code, retryable: true });
    await expect(store.writeResult('x', one, { contentType, expected: null })).rejects.toMatchObject({ code });
  });

  test('counts a conflicting write under way as a lost race', async () => {
    const s3 = new FakeS3();
    s3.failures.push(409);

    expect(await new S3Store(s3.client, { cutouts: 'c' }).writeResult('x', one, { contentType, expected: null })).toBe(
      false,
    );
  });

  test('hands on user metadata', async () => {
    const s3 = new FakeS3();
    s3.put('photos', 'a.jpg', one, { 'cutline-preset': 'white' });

    const version = await new S3Store(s3.client, { cutouts: 'c' }).photoVersion({ bucket: 'photos', key: 'a.jpg' });

    expect(version?.metadata).toEqual({ 'cutline-preset': 'white' });
  });
});
