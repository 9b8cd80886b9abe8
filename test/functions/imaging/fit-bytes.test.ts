import { expect, test } from 'vitest';
import { fitBytes } from '#functions/imaging/fit-bytes.ts';

/** A file of ten bytes for each step of quality, that counts how often it is made. */
function encoder() {
  const tried: number[] = [];
  const encodeAt = async (quality: number) => {
    tried.push(quality);
    return Buffer.alloc(quality * 10);
  };
  return { tried, encodeAt };
}

const searched = async (window: { min: number; max: number }) => {
  const { tried, encodeAt } = encoder();
  const file = await fitBytes(Buffer.alloc(800), { quality: 80, window, encodeAt });
  return { quality: file.length / 10, tried };
};

test('leaves a file alone that fits', async () => {
  expect(await searched({ min: 800, max: 800 })).toEqual({ quality: 80, tried: [] });
});

test('takes the best quality that is small enough', async () => {
  expect((await searched({ min: 0, max: 555 })).quality).toBe(55);
  expect((await searched({ min: 0, max: 799 })).quality).toBe(79);
  expect((await searched({ min: 0, max: 400 })).quality).toBe(40);
});

test('takes the lowest quality that is large enough', async () => {
  expect((await searched({ min: 801, max: 2000 })).quality).toBe(81);
  expect((await searched({ min: 1000, max: 2000 })).quality).toBe(100);
});

test('goes no lower than quality 40 and does not blow a file up in vain', async () => {
  expect((await searched({ min: 0, max: 399 })).quality).toBe(40);
  expect((await searched({ min: 1001, max: 2000 })).quality).toBe(80);
  expect((await searched({ min: 801, max: 805 })).quality).toBe(80);
});

test('needs at most seven encodings', async () => {
  for (let max = 390; max < 800; max++) expect((await searched({ min: 0, max })).tried.length).toBeLessThanOrEqual(7);
});
