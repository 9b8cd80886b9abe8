import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MALLOC_SETTINGS, mallocSettings } from '#functions/remove-background/malloc.ts';
import { WEIGHTS_FOLDER } from '#models/weights-folder.ts';
import { temporaryFolder } from '#test/support/folders.ts';

const folderOf = (tier: string): string => join(WEIGHTS_FOLDER, tier);

test.each([
  ['balanced', 'light'],
  ['fast', 'light'],
  // At 1024 x 1024.
  ['quality', 'heavy'],
] as const)('%s is a %s network', (tier, kind) => {
  expect(mallocSettings([folderOf(tier)])).toEqual(MALLOC_SETTINGS[kind]);
});

test('a worker that may load a heavy network beside a light one is set up for the heavy one', () => {
  const [light, heavy] = [folderOf('balanced'), folderOf('quality')];

  expect(mallocSettings([light, undefined])).toEqual(MALLOC_SETTINGS.light);
  expect(mallocSettings([light, heavy])).toEqual(MALLOC_SETTINGS.heavy);
});

test('what cannot be looked at counts as heavy', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'manifest.json'), '{"id": "half"}');

  expect(mallocSettings([folder])).toEqual(MALLOC_SETTINGS.heavy);
  expect(mallocSettings([join(folder, 'missing')])).toEqual(MALLOC_SETTINGS.heavy);
  expect(mallocSettings([undefined])).toEqual(MALLOC_SETTINGS.heavy);
});
