import { expect, test } from 'vitest';
import { BATCH_ID, contentOf, idFromContent, sortedByKey } from '#cdk/batch/batch-manifest.ts';

const photos = [
  { key: 'b.jpg', sku: 'S' },
  { key: 'a.jpg', preset: 'white' },
  { key: 'Z.jpg', md5: 'm' },
];

test('the same photos in another order are the same batch', () => {
  expect(contentOf([...photos].reverse())).toBe(contentOf(photos));
});

test.each([
  ['a sku', [{ key: 'b.jpg', sku: 'T' }, ...photos.slice(1)]],
  ['a preset', [photos[0] ?? { key: '' }, { key: 'a.jpg', preset: 'mask' }, ...photos.slice(2)]],
  ['a photo’s content', [...photos.slice(0, 2), { key: 'Z.jpg', md5: 'n' }]],
  ['one photo fewer', photos.slice(1)],
])('%s makes another batch', (_, others) => {
  expect(contentOf(others)).not.toBe(contentOf(photos));
});

test('sorts by code unit, so that every machine agrees', () => {
  expect(sortedByKey(photos).map(({ key }) => key)).toEqual(['Z.jpg', 'a.jpg', 'b.jpg']);
});

test('a name from the content is a name that may be given', () => {
  expect(idFromContent(contentOf(photos))).toMatch(BATCH_ID);
});
