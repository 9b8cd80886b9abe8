import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { drawDisc } from './drawn-photo.ts';
import { type OddPhoto, writeOddPhotos } from './odd-photos.ts';

let folder: string;
let written: OddPhoto[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'odd-'));
  written = await writeOddPhotos(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const decodeFile = async (file: string) =>
  await decode(await readFile(join(folder, file)), { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });

test('names every file once', () => {
  expect(new Set(written.map(({ file }) => file)).size).toBe(written.length);
});

test('holds the kinds of files it says it holds', async () => {
  const kinds = ['cmyk.jpg', 'grey.jpg', 'grey 16 bit.png', 'alpha.png', 'display p3.jpg', 'animated.gif'].map(
    async (file) => await sharp(join(folder, file), { animated: true }).metadata(),
  );

  const [cmyk, grey, grey16, alpha, p3, gif] = await Promise.all(kinds);

  expect(cmyk).toMatchObject({ space: 'cmyk', channels: 4 });
  expect(grey).toMatchObject({ space: 'b-w', channels: 1 });
  expect(grey16).toMatchObject({ space: 'grey16', depth: 'ushort' });
  expect(alpha).toMatchObject({ hasAlpha: true });
  expect(p3?.icc?.toString('latin1').replaceAll('\0', '')).toContain('sP3'); // libvips' Display P3
  expect(gif).toMatchObject({ pages: 2 });
});

test('decodes what has to be done and refuses the rest for the reason given', async () => {
  const expected = written.map(({ file, expected, code }) => [file, expected === 'done' ? 'done' : code]);

  const actual = [];
  for (const { file } of written) actual.push([file, await outcome(file)]);

  expect(actual).toEqual(expected);
});

async function outcome(file: string): Promise<string> {
  try {
    await decodeFile(file);
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('shows the photo with orientation %i upright', async (orientation) => {
  const drawn = drawDisc(96, 72);

  const { image } = await decodeFile(`turned/orientation ${orientation}.jpg`);

  expect([image.width, image.height]).toEqual([drawn.width, drawn.height]);
  // In a corner of the frame, in the middle of the disc, and where the disc would be if it were mirrored.
  for (const [x, y] of [
    [2, 2],
    [34, 29],
    [62, 29],
    [34, 60],
  ] as const) {
    const at = (y * drawn.width + x) * 3;
    expect(Math.abs((image.data[at + 1] ?? 0) - (drawn.data[at + 1] ?? 0))).toBeLessThan(16);
  }
});

test('makes the same bytes every time', async () => {
  const again = await mkdtemp(join(tmpdir(), 'odd-'));
  await writeOddPhotos(again);

  const hash = async (root: string) =>
    await Promise.all(
      written.map(async ({ file }) =>
        createHash('sha256')
          .update(await readFile(join(root, file)))
          .digest('hex'),
      ),
    );
  const [first, second] = await Promise.all([hash(folder), hash(again)]);
  await rm(again, { recursive: true });

  expect(second).toEqual(first);
});
