import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { csvOf, writeCurve } from '#models/train/curve.ts';
import { temporaryFolder } from '#test/support/folders.ts';

const rows = [
  { step: 0, validationMae: 0.1 },
  { step: 10, loss: 2 },
  { step: 20, loss: 1.5, validationMae: 0.08 },
  { step: 30, loss: 1 },
];

test('the table has a column for everything measured, empty where it was not', () => {
  expect(csvOf(rows)).toBe('step,validationMae,loss\n0,0.1,\n10,,2\n20,0.08,1.5\n30,,1\n');
});

test('the drawing can be drawn, and names what it shows', async () => {
  const folder = temporaryFolder();

  await writeCurve(folder, rows, 'u2netp <from> u2net');

  const drawing = await readFile(join(folder, 'curve.svg'));
  const { width, height } = await sharp(drawing).metadata();
  expect([width, height]).toEqual([720, 320]);
  expect(drawing.toString()).toContain('u2netp &lt;from> u2net, 30 steps');
  expect(drawing.toString()).toContain('validationMae 0.1000 to 0.08000');
});

test('a training without any row yet can be drawn too', async () => {
  const folder = temporaryFolder();

  await writeCurve(folder, [], 'nothing');

  await expect(sharp(await readFile(join(folder, 'curve.svg'))).metadata()).resolves.toMatchObject({ format: 'svg' });
});
