import { expect, test } from 'vitest';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { TINY_SIZE, tinyModel } from '#test/support/tiny-model.ts';

test('the tiny model marks a dark square on white and nothing else', async () => {
  const { bytes, manifest } = tinyModel();
  const data = new Uint8Array(TINY_SIZE * TINY_SIZE * 3).fill(255);
  const isInside = (x: number, y: number) => x >= 8 && x < 24 && y >= 30 && y < 50;
  for (let y = 0; y < TINY_SIZE; y++) {
    for (let x = 0; x < TINY_SIZE; x++)
      if (isInside(x, y)) data.fill(60, (y * TINY_SIZE + x) * 3, (y * TINY_SIZE + x) * 3 + 3);
  }

  const segmenter = await Segmenter.open(bytes, ModelManifest.parse(manifest));
  const mask = await segmenter.segment({ width: TINY_SIZE, height: TINY_SIZE, data });

  expect([mask.width, mask.height]).toEqual([TINY_SIZE, TINY_SIZE]);
  for (let y = 0; y < TINY_SIZE; y++) {
    for (let x = 0; x < TINY_SIZE; x++) {
      const value = mask.data[y * TINY_SIZE + x] ?? Number.NaN;
      if (isInside(x, y)) expect(value).toBeGreaterThan(0.99);
      else expect(value).toBeLessThan(0.01);
    }
  }
});
