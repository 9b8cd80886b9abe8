import { expect, test } from 'vitest';
import { bytes, duration, photoCount, share } from '#cdk/report/words.ts';

test.each([
  [1, '1 kB'],
  [850_000, '850 kB'],
  [1_340_000, '1.3 MB'],
  [14_200_000, '14 MB'],
])('says %i bytes as %s', (count, words) => {
  expect(bytes(count)).toBe(words);
});

test.each([
  [320, '320 ms'],
  [1_340, '1.3 s'],
  [59_400, '59 s'],
  [125_000, '2 min 5 s'],
  [6_000_000, '1 h 40 min'],
])('says %i ms as %s', (ms, words) => {
  expect(duration(ms)).toBe(words);
});

test('does not round a doubt away', () => {
  expect([share(0.999), share(1), share(0.874)]).toEqual(['99%', '100%', '87%']);
});

test('counts one photo and many', () => {
  expect([photoCount(1), photoCount(1204)]).toEqual(['1 photo', '1,204 photos']);
});
