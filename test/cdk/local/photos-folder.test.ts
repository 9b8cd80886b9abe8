import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listPhotos } from '../../../cdk/local/photos-folder.ts';
import { temporaryFolder, writeFiles } from '../../support/folders.ts';

test('lists photos of all subfolders as sorted keys and nothing else', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, [
    'b.jpg',
    'a/z.PNG',
    'a/b/c.webp',
    'notes.txt',
    'products.csv',
    '.hidden/d.jpg',
    '._b.jpg',
    'jpg',
  ]);

  const keys = await listPhotos(folder, { exclude: [] });

  expect(keys).toEqual(['.hidden/d.jpg', 'a/b/c.webp', 'a/z.PNG', 'b.jpg']);
});

test('lists names with spaces, quotes, plus signs, umlauts, emoji and dots as they are', async () => {
  const folder = temporaryFolder();
  const composed = 'stra\u00dfe/\u00e4.jpg';
  const decomposed = 'stra\u00dfe/a\u0308.jpg';
  const names = [
    'a b+c%20.jpg',
    `"double" 'single'.jpg`,
    composed,
    decomposed,
    '\u{1F45F}.jpg',
    'x..y..jpg',
    '..z.jpg',
  ];
  writeFiles(folder, names);

  const keys = await listPhotos(folder, { exclude: [] });

  expect(keys).toEqual([...names].sort());
});

test('leaves out the target folder and the results of earlier runs', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, ['a.jpg', 'out/cutouts/a.png', 'older/cutouts/a.png', '.cutline/b.jpg']);
  mkdirSync(join(folder, 'older/.cutline'));

  const keys = await listPhotos(folder, { exclude: [join(realpathSync(folder), 'out')] });

  expect(keys).toEqual(['a.jpg']);
});

test('follows links to files and folders but never in a circle', async () => {
  const folder = temporaryFolder();
  const elsewhere = temporaryFolder();
  writeFiles(elsewhere, ['shoe.jpg', 'more/bag.jpg']);
  mkdirSync(join(folder, 'a'));
  symlinkSync(join(elsewhere, 'shoe.jpg'), join(folder, 'a/linked.jpg'));
  symlinkSync(join(elsewhere, 'more'), join(folder, 'a/more'));
  symlinkSync(folder, join(folder, 'a/back'));
  symlinkSync(join(elsewhere, 'gone.jpg'), join(folder, 'broken.jpg'));

  const keys = await listPhotos(folder, { exclude: [] });

  expect(keys).toEqual(['a/linked.jpg', 'a/more/bag.jpg', 'broken.jpg']);
});

test('leaves out pipes and folders that are named like photos', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'folder.jpg'));
  execFileSync('mkfifo', [join(folder, 'pipe.jpg')]);

  const keys = await listPhotos(folder, { exclude: [] });

  expect(keys).toEqual([]);
});
