import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeThumbnail } from '#cdk/report/thumbnail.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thumbnail-'));
});
afterAll(() => rm(folder, { recursive: true }));

const plain = (
  width: number,
  height: number,
  background: string | { r: number; g: number; b: number; alpha: number },
) => sharp({ create: { width, height, channels: 4, background } });

async function pixels(address: string) {
  const webp = Buffer.from(address.replace('data:image/webp;base64,', ''), 'base64');
  return sharp(webp).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
}

test('stands a photo upright that was taken sideways', async () => {
  const path = join(folder, 'sideways.jpg');
  await plain(80, 40, 'red').removeAlpha().withMetadata({ orientation: 6 }).jpeg().toFile(path);

  expect(await makeThumbnail(path, { sidePx: 20 })).toMatchObject({ width: 10, height: 20 });
});

test('keeps what is transparent transparent', async () => {
  const path = join(folder, 'clear.png');
  await plain(30, 30, { r: 255, g: 0, b: 0, alpha: 0 }).png().toFile(path);

  const thumbnail = await makeThumbnail(path);

  const { data } = await pixels(thumbnail?.address ?? '');
  expect(data[3]).toBe(0);
});

test('shows the new photo after the file was replaced', async () => {
  const path = join(folder, 'replaced.png');
  await plain(10, 10, '#ff0000').png().toFile(path);
  const before = await makeThumbnail(path);
  await plain(10, 10, '#0000ff').png().toFile(path);

  const after = await makeThumbnail(path);

  expect(after?.address).not.toBe(before?.address);
});

test.each([
  ['an empty file', ''],
  ['text', 'hello'],
  ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'],
])('makes none of %s', async (name, content) => {
  const path = join(folder, `${name}.jpg`);
  await writeFile(path, content);

  expect(await makeThumbnail(path)).toBeNull();
});

test('makes none of a file that is gone', async () => {
  expect(await makeThumbnail(join(folder, 'gone.jpg'))).toBeNull();
});

test('makes none of a photo with more pixels than it was told to open', async () => {
  const path = join(folder, 'large.png');
  await plain(100, 100, 'red').png().toFile(path);

  expect(await makeThumbnail(path, { maxPixels: 9_999 })).toBeNull();
});

test('shows what is left of a photo that was cut short', async () => {
  const path = join(folder, 'short.jpg');
  const whole = await plain(200, 200, 'green').removeAlpha().jpeg({ quality: 100 }).toBuffer();
  await writeFile(path, whole.subarray(0, whole.length - 200));

  expect(await makeThumbnail(path)).not.toBeNull();
});
