import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PhotoRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { writeOddPhotos } from '#test/support/odd-photos.ts';
import { runCli } from '#test/support/run-cli.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

let work: string;
let model: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'cutline-flow-'));
  model = await writeTinyModel(join(work, 'tiny'));
});
afterAll(async () => await rm(work, { recursive: true }));

/** A dark shoe box on white. */
async function photoOfBox(): Promise<Buffer> {
  const box = await sharp({ create: { width: 80, height: 40, channels: 3, background: '#503020' } })
    .png()
    .toBuffer();
  return await sharp({ create: { width: 160, height: 120, channels: 3, background: '#ffffff' } })
    .composite([{ input: box, left: 40, top: 40 }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

async function newFolder(name: string, files: Record<string, Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(work, `${name}-`));
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, file), bytes);
  return folder;
}

async function readRecord(dst: string, key: string): Promise<PhotoRecord> {
  return PhotoRecord.parse(JSON.parse(await readFile(join(dst, 'records', `${key}.json`), 'utf8')));
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

describe('cutline run photos/ cutouts/', () => {
  test('leaves a cutout, a record and a report of every photo', async () => {
    const photos = await newFolder('photos', { 'box.jpg': await photoOfBox(), 'box two.jpg': await photoOfBox() });
    const cutouts = await newFolder('cutouts', {});

    const run = await runCli(['run', photos, cutouts, '--model', model, '--workers', '2']);

    expect(run.stderr + run.stdout).toContain('2 done');
    expect(run.exitCode).toBe(0);
    const { data, info } = await sharp(join(cutouts, 'cutouts/box.png')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([160, 120, 4]);
    const alphaAt = (x: number, y: number) => data[(y * info.width + x) * 4 + 3];
    expect([alphaAt(10, 10), alphaAt(80, 60), alphaAt(150, 110)]).toEqual([0, 255, 0]);
    const report = JSON.parse(await readFile(join(cutouts, 'report.json'), 'utf8'));
    expect(report.totals).toMatchObject({ photos: 2, done: 2, rejected: 0, failed: 0 });
    expect(report.photos.map((photo: { key: string }) => photo.key)).toEqual(['box two.jpg', 'box.jpg']);
    expect(await readFile(join(cutouts, 'report.html'), 'utf8')).toContain('box two.jpg');
  });

  test('does nothing twice: the same command again works on nothing, a new photo is all that is worked on', async () => {
    const photos = await newFolder('photos', { 'old.jpg': await photoOfBox() });
    const cutouts = await newFolder('cutouts', {});
    await runCli(['run', photos, cutouts, '--model', model]);
    const before = await readFile(join(cutouts, 'records/old.jpg.json'));
    await writeFile(join(photos, 'new.jpg'), await photoOfBox());

    const again = await runCli(['run', photos, cutouts, '--model', model]);

    expect(again.exitCode).toBe(0);
    expect(await readFile(join(cutouts, 'records/old.jpg.json'))).toEqual(before);
    expect((await readRecord(cutouts, 'new.jpg')).status).toBe('done');
  });

  test('accounts for every file of a hostile folder, and writes nothing outside its own', async () => {
    const photos = await newFolder('odd', {});
    const cutouts = join(photos, 'cutouts in here');
    const expected = await writeOddPhotos(photos);
    const before = await filesBelow(photos);

    const run = await runCli(['run', photos, cutouts, '--model', model, '--workers', '2']);

    expect(run.exitCode).toBe(1);
    const report = JSON.parse(await readFile(join(cutouts, 'report.json'), 'utf8'));
    const found = Object.fromEntries(
      report.photos.map((photo: { key: string; status: string; code: string | null }) => [photo.key, photo]),
    );
    expect(Object.keys(found)).toHaveLength(expected.length);
    for (const { file, expected: status, code } of expected) {
      const record = await readRecord(cutouts, file);
      expect([file, record.status]).toEqual([file, status === 'either' ? record.status : status]);
      if (code !== undefined) expect([file, found[file].code]).toEqual([file, code]);
      for (const output of record.outputs) await readFile(join(cutouts, output.key));
    }
    const outside = (await filesBelow(photos)).filter((file) => !file.startsWith('cutouts in here/'));
    expect(outside.sort()).toEqual(before.sort());
    const cutoutFiles = (await filesBelow(cutouts)).filter((file) => file.startsWith('cutouts/'));
    expect(cutoutFiles).toHaveLength(report.totals.done);
  });
});

describe('cutline run - -', () => {
  test('cuts one photo out from stdin to stdout', async () => {
    const run = await runCli(['run', '-', '-', '--model', model, '--format', 'webp'], { stdin: await photoOfBox() });

    expect(run.exitCode).toBe(0);
    expect(await sharp(run.stdout).metadata()).toMatchObject({
      format: 'webp',
      width: 160,
      height: 120,
      hasAlpha: true,
    });
  });

  test('says in one line what is wrong with the photo, and writes nothing to stdout', async () => {
    const run = await runCli(['run', '-', '-', '--model', model], { stdin: new TextEncoder().encode('text') });

    expect(run.exitCode).toBe(1);
    expect(run.stdout).toHaveLength(0);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stderr).toContain('Expected a photo');
  });
});

describe('wrong usage', () => {
  test.each([
    ['a folder that does not exist', ['run', 'nowhere', 'cutouts']],
    ['an unknown format', ['run', '.', 'cutouts', '--format', 'bmp']],
    ['JPEG without a background', ['run', '.', 'cutouts', '--format', 'jpeg', '--background', 'transparent']],
    ['an unknown flag', ['run', '.', 'cutouts', '--turbo']],
  ])('%s ends with exit code 2 and a line that says so', async (_, args) => {
    const run = await runCli([...args, '--model', model]);

    expect(run.exitCode).toBe(2);
    expect(run.stderr).not.toContain('    at ');
    expect(run.stderr.trim()).not.toBe('');
  });
});
