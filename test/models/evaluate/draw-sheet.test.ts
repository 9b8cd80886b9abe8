import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { drawSheet } from '#models/evaluate/draw-sheet.ts';
import { readPackedModel } from '#models/pack.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { writeTinyModel } from '#test/support/tiny-model.ts';

const TILE = 132;
const PINK = [255, 120, 220];

test('every photo lies beside its cutout, two photos a row, nothing stretched', async () => {
  const folder = temporaryFolder();
  const model = await readPackedModel(await writeTinyModel(join(folder, 'tiny')));
  const photos = ['a', 'b', 'c'].map((name) => join(folder, `${name}.png`));
  // Twice as wide as high: a black square, which the tiny network takes for the subject, in the middle of white.
  const square = await sharp({ create: { width: 60, height: 60, channels: 3, background: 'black' } })
    .png()
    .toBuffer();
  for (const photo of photos) {
    const ground = sharp({ create: { width: 200, height: 100, channels: 3, background: 'white' } });
    await ground
      .composite([{ input: square }])
      .png()
      .toFile(photo);
  }

  const sheet = await drawSheet([model], photos);

  const { data, info } = await sharp(sheet).raw().toBuffer({ resolveWithObject: true });
  const at = (column: number, row: number, x: number, y: number): number[] => {
    const start = ((row * TILE + y) * info.width + column * TILE + x) * 3;
    return [...data.subarray(start, start + 3)];
  };
  expect([info.width, info.height]).toEqual([4 * TILE, 2 * TILE]);
  for (const [column, row] of [
    [0, 0],
    [2, 0],
    [0, 1],
  ] as const) {
    expect(near(at(column, row, 64, 64), [0, 0, 0])).toBe(true);
    expect(near(at(column, row, 8, 64), [255, 255, 255])).toBe(true);
    expect(near(at(column + 1, row, 64, 64), [0, 0, 0])).toBe(true);
    expect(near(at(column + 1, row, 8, 64), PINK)).toBe(true);
    // Above a picture that is twice as wide as its height.
    expect(near(at(column + 1, row, 64, 10), [255, 255, 255])).toBe(true);
  }
  expect(near(at(2, 1, 64, 64), [255, 255, 255])).toBe(true);
});

function near(found: readonly number[], expected: readonly number[]): boolean {
  return found.every((value, i) => Math.abs(value - (expected[i] ?? 0)) < 24);
}
