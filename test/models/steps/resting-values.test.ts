import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, expect, test } from 'vitest';
import { RestingValues } from '#models/steps/resting-values.ts';

let values: RestingValues;
afterEach(() => values.close());

const spilled = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('cutline-resting-'));

test('gives back what memory holds and what went to files alike', async () => {
  values = new RestingValues(8);
  const [held, filed] = [Uint16Array.of(1, 2, 3), Uint16Array.of(0x3c00, 0xc000, 0x7bff)];

  await values.put('held', held, [1, 3]);
  await values.put('filed', filed, [3, 1]);

  expect((await values.get('held'))?.data).toEqual(held);
  expect((await values.get('filed'))?.data).toEqual(filed);
  expect((await values.get('filed'))?.dims).toEqual([3, 1]);
  expect(await values.get('neither')).toBeUndefined();
});

test('memory that was given back is used again', async () => {
  values = new RestingValues(6);
  const before = await spilled();

  await values.put('a', Uint16Array.of(1, 2, 3), [3]);
  await values.drop('a');
  await values.put('b', Uint16Array.of(4, 5, 6), [3]);

  expect(await spilled()).toEqual(before);
});

test('leaves no file behind', async () => {
  values = new RestingValues(0);
  const before = await spilled();

  await values.put('a', Uint16Array.of(1), [1]);
  const during = await spilled();
  await values.close();

  expect(during.length).toBeGreaterThan(before.length);
  expect((await spilled()).filter((name) => !before.includes(name) && during.includes(name))).toEqual([]);
});
