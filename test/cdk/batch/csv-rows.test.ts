import { expect, test } from 'vitest';
import { readCsv } from '#cdk/batch/csv-rows.ts';

test('reads key, preset and sku in any order, and leaves other columns alone', () => {
  const { photos } = readCsv('sku,price,key,preset\nS-1,9.90,a.jpg,white\n,,"b, c.jpg",\n', 'x.csv');

  expect(photos).toEqual([{ key: 'a.jpg', preset: 'white', sku: 'S-1' }, { key: 'b, c.jpg' }]);
});

test.each([
  ['semicolons', 'key;sku\na,b.jpg;S\n', 'a,b.jpg'],
  ['tabs', 'key\tsku\na b.jpg\tS\n', 'a b.jpg'],
  ['a byte-order mark', '\uFEFFkey,sku\nü.jpg,S\n', 'ü.jpg'],
  ['capitals and spaces in the heading', ' Key , SKU\r\na.jpg,S\r\n', 'a.jpg'],
])('takes %s, as spreadsheets write them', (_, text, key) => {
  expect(readCsv(text, 'x.csv').photos).toEqual([{ key, sku: 'S' }]);
});

test('names the columns that are there when there is none for the key', () => {
  expect(() => readCsv('file,sku\na.jpg,S\n', 'x.csv')).toThrow(/no column "key" among file, sku/);
});

test('counts rows that say the same once, and refuses those that contradict each other, by line', () => {
  const same = readCsv('key,preset\na.jpg,white\nb.jpg,\na.jpg,white\n', 'x.csv');

  expect(same).toMatchObject({ repeated: 1, photos: [{ key: 'a.jpg' }, { key: 'b.jpg' }] });
  expect(() => readCsv('key,preset\na.jpg,white\nb.jpg,\na.jpg,mask\n,\n', 'x.csv')).toThrow(
    /line 4: "a.jpg" is asked for in another way on line 2.*line 5: no key/s,
  );
});

test('names ten mistakes and counts the others', () => {
  const rows = Array.from({ length: 25 }, () => ',S').join('\n');

  expect(() => readCsv(`key,sku\n${rows}\n`, 'x.csv')).toThrow(/line 11: no key\n {2}\.\.\. and 15 more/);
});

test('reads 100,000 rows in seconds', () => {
  const rows = Array.from({ length: 100_000 }, (_, n) => `spring/${n}.jpg,S-${n},white`);
  const startedMs = performance.now();

  const { photos } = readCsv(`key,sku,preset\n${rows.join('\n')}\n`, 'x.csv');

  expect(photos).toHaveLength(100_000);
  expect(photos.at(-1)).toEqual({ key: 'spring/99999.jpg', sku: 'S-99999', preset: 'white' });
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});
