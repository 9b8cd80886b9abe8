import { expect, test } from 'vitest';
import { type PresetFlags, presetsOf } from '../../../cdk/commands/preset-flags.ts';
import { temporaryFolder, writeFiles } from '../../support/folders.ts';

/** The only preset that some flags ask for. */
const presetOf = async (flags: PresetFlags) => (await presetsOf(flags))[0];

test('makes a transparent PNG unless told otherwise', async () => {
  expect(await presetOf({})).toMatchObject({ content: 'cutout', background: 'transparent', format: 'png' });
});

test('puts a JPEG on white', async () => {
  expect(await presetOf({ format: 'jpeg' })).toMatchObject({
    format: 'jpeg',
    background: { r: 255, g: 255, b: 255 },
  });
});

test('writes a mask as JPEG, too', async () => {
  expect(await presetOf({ format: 'jpeg', onlyMask: true })).toMatchObject({ content: 'mask', format: 'jpeg' });
});

test.for([
  ['a transparent JPEG', { format: 'jpeg', background: 'transparent' }, 'JPEG has no transparency'],
  ['a quality that PNG does not have', { quality: 80 }, '--quality'],
  ['two frames', { crop: true, size: { width: 9, height: 9 } }, 'either --crop or --size'],
  ['a margin of nothing', { cropMargin: { px: 3 } }, '--crop'],
  ['a preset and a look', { preset: ['amazon'], onlyMask: true }, 'got --only-mask, too'],
  ['a preset twice', { preset: ['amazon', 'amazon'] }, 'each preset once'],
  ['a preset nobody has', { preset: ['amazn'] }, 'or a .json file, got amazn'],
  ['a picture that is not there', { backgroundImage: 'nowhere.jpg' }, 'nowhere.jpg'],
  ['a preset that is not there', { preset: ['nowhere.json'] }, "nowhere.json, got a file that can't be read"],
] as const satisfies readonly (readonly [string, PresetFlags, string])[])('refuses %s', async ([, flags, message]) => {
  await expect(presetsOf(flags)).rejects.toThrow(message);
});

test('crops, places and scales as the flags say', async () => {
  const cropped = await presetOf({ crop: true, cropMargin: { share: 0.1 } });
  const scaled = await presetOf({ scale: 0.8, position: { x: 0.5, y: 1 } });

  expect(cropped?.layout).toEqual({ canvas: 'subject', margin: { share: 0.1 } });
  expect(scaled?.layout).toEqual({ canvas: 'photo', fill: 0.8, position: { x: 0.5, y: 1 } });
});

test('edges are fine unless told otherwise, with a preset and without', async () => {
  expect(await presetsOf({ preset: ['amazon'] })).toMatchObject([{ edges: 'fine' }]);
  expect(await presetsOf({ preset: ['amazon', 'mask'], edges: 'fast' })).toMatchObject([
    { id: 'amazon', edges: 'fast' },
    { id: 'mask', edges: 'fast' },
  ]);
  expect(await presetOf({ edges: 'fast' })).toMatchObject({ id: 'transparent', edges: 'fast' });
});

test('reads a preset from a file, with the picture beside it', async () => {
  const folder = temporaryFolder();
  const preset = { id: 'mine', content: 'cutout', background: { image: 'wall.jpg' }, format: 'webp' };
  writeFiles(folder, ['mine.json'], JSON.stringify(preset));
  writeFiles(folder, ['wall.jpg'], 'wall');

  const [mine] = await presetsOf({ preset: [`${folder}/mine.json`] });

  expect(mine).toMatchObject({ id: 'mine', background: { image: `${folder}/wall.jpg` } });
});

test('names every field of a file that is wrong', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, ['bad.json'], JSON.stringify({ id: 'bad', content: 'cutout', background: 'pink', format: 'gif' }));

  await expect(presetsOf({ preset: [`${folder}/bad.json`] })).rejects.toThrow(/background: .*; format: /);
});
