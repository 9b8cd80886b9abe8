import { expect, test } from 'vitest';
import { photoMetadata, toldByMetadata } from '#functions/contract/photo-metadata.ts';

test('a sku in any script crosses headers that take ASCII alone', () => {
  const metadata = photoMetadata({ preset: 'white', sku: '靴/42 %', batchId: 'spring' });

  expect(Object.values(metadata).join('')).toMatch(/^[\x20-\x7e]*$/);
  expect(toldByMetadata(metadata)).toEqual({ sku: '靴/42 %', batchId: 'spring' });
});

test("a sku that somebody else's upload did not encode is taken as it is", () => {
  expect(toldByMetadata({ 'cutline-sku': '100%' })).toEqual({ sku: '100%' });
});

test('an upload that says nothing tells nothing', () => {
  expect(photoMetadata({})).toEqual({});
  expect(toldByMetadata({ 'other-tool': 'x' })).toEqual({});
});
