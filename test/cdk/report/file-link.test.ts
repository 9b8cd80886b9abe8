import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fileLink } from '#cdk/report/file-link.ts';

test.each([
  'shoe.jpg',
  '#1 50% off?.jpg',
  'a+b & c.jpg',
  `it's "quoted".jpg`,
  'größe/ÄÖÜ.jpg',
  '👟/sneaker.jpg',
  'javascript:alert(1).jpg',
  'two..dots..jpg',
  'back\\slash.jpg',
])('leads from the page to %s', (key) => {
  const link = fileLink('/shop/out', join('/shop/photos', key));

  expect(fileURLToPath(new URL(link, 'file:///shop/out/report.html'))).toBe(join('/shop/photos', key));
});

test('is relative, so that the folders can be moved together', () => {
  expect(fileLink('/shop/out', '/shop/photos/a.jpg')).toBe('../photos/a.jpg');
});
