import { describe, expect, test } from 'vitest';
import {
  cutoutKey,
  isPhotoKey,
  PHOTO_EXTENSIONS,
  recordKey,
  renditionKeys,
  resultStem,
} from '#functions/contract/output-keys.ts';
import { seededRandom } from '#test/support/rasters.ts';

describe('where a cutout goes', () => {
  test.each([
    ['shoe.jpg', 'cutouts/shoe.png'],
    ['shoes/red/shoe.jpg', 'cutouts/shoes/red/shoe.png'],
    ['shoe.png', 'cutouts/shoe.png.png'],
    ['shoe.png.jpg', 'cutouts/shoe.png.jpg.png'],
    ['shoe', 'cutouts/shoe..png'],
    ['Shoe.JPG', 'cutouts/Shoe.JPG.png'],
    ['.jpg', 'cutouts/.jpg.png'],
    ['a/.jpg', 'cutouts/a/.jpg.png'],
    ['a.b/shoe.v2.jpg', 'cutouts/a.b/shoe.v2.png'],
  ])('%s -> %s', (key, expected) => {
    expect(cutoutKey(key, 'png')).toBe(expected);
  });

  test.each([
    ['png', 'shoe.png'],
    ['webp', 'shoe.webp'],
    ['avif', 'shoe.avif'],
    ['jpeg', 'shoe.jpg'],
  ] as const)('a %s cutout is called %s', (format, name) => {
    expect(cutoutKey('shoe.jpg', format)).toBe(`cutouts/${name}`);
  });

  test('a record keeps the whole key', () => {
    expect(recordKey('shoes/red shoe.jpg')).toBe('records/shoes/red shoe.jpg.json');
  });
});

describe('no two photos share a result', () => {
  test('every name that can be put together from awkward pieces', () => {
    const pieces = ['', 'shoe', 'a/', '.', '..', '.jpg', '.JPG', '.jpeg', '.png', '.png.jpg', '/', ' ', 'é', 'json'];
    const keys = new Set(
      pieces.flatMap((a) => pieces.flatMap((b) => pieces.flatMap((c) => pieces.map((d) => a + b + c + d)))),
    );

    expect(collisions(keys)).toEqual([]);
  });

  test('ten thousand random names over a hostile alphabet', () => {
    const random = seededRandom(1);
    const letters = ['a', '.', '/', '.jpg', '.png', '.JPG', 'jpg', ' ', '..'];
    const pick = () => letters[Math.floor(random() * letters.length)] ?? '';
    const keys = new Set(Array.from({ length: 10_000 }, () => Array.from({ length: 1 + random() * 7 }, pick).join('')));

    expect(collisions(keys)).toEqual([]);
  });

  test('not even where one is cut out as PNG and another as JPEG', () => {
    const keys = ['shoe', 'shoe.jpg', 'shoe.png', 'shoe.jpg.png', 'shoe.png.jpg', 'shoe.jpg.jpg'];
    const outputs = keys.flatMap((key) => [cutoutKey(key, 'png'), cutoutKey(key, 'jpeg')]);

    expect(new Set(outputs).size).toBe(outputs.length);
  });
});

describe('which keys are photos', () => {
  test.each(PHOTO_EXTENSIONS)('.%s in any case', (extension) => {
    expect(isPhotoKey(`a/b.${extension}`)).toBe(true);
    expect(isPhotoKey(`a/b.${extension.toUpperCase()}`)).toBe(true);
  });

  test.each(['a.txt', 'jpg', 'a.jpg/readme', 'a.jpg.txt', 'a.jpgx', 'products.csv'])('not %s', (key) => {
    expect(isPhotoKey(key)).toBe(false);
  });
});

/** Pairs of keys whose results would carry the same name. */
function collisions(keys: Iterable<string>): string[] {
  const owners = new Map<string, string>();
  const found: string[] = [];
  for (const key of keys) {
    const stem = resultStem(key);
    const owner = owners.get(stem);
    if (owner !== undefined) found.push(`"${owner}" and "${key}" -> "${stem}"`);
    owners.set(stem, key);
  }
  return found;
}

test('the first rendition is the cutout, each further one lies in the folder of its preset', () => {
  const presets = [
    { id: 'transparent', format: 'png' },
    { id: 'amazon', format: 'jpeg' },
    { id: 'mask', format: 'png' },
  ] as const;

  expect(renditionKeys('a/shoe.webp', presets)).toEqual([
    'cutouts/a/shoe.webp.png',
    'amazon/a/shoe.webp.jpg',
    'mask/a/shoe.webp.png',
  ]);
});
