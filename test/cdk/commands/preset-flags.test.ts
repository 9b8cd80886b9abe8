import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { addPresetFlags, type PresetFlags, presetsOf } from '../../../cdk/commands/preset-flags.ts';
import { temporaryFolder, writeFiles } from '../../support/folders.ts';
import { writePng } from '../../support/png.ts';

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
  ['a crop that is placed', { crop: true, position: { x: 0, y: 0 } }, 'either --crop or --position'],
  ['an original place of what is scaled', { scale: 0.5, position: 'original' }, '--position center'],
  ['the darkness of no shadow', { shadowOpacity: 0.5 }, '--shadow with --shadow-opacity'],
  ['a mask with colours', { onlyMask: true, channels: 'rgba' }, 'either --only-mask or --channels rgba'],
  ['a shadow of a mask', { channels: 'alpha', shadow: 'drop' }, 'A mask has no shadow'],
  ['a picture that is none', { backgroundImage: 'package.json' }, 'package.json, which is none that can be read'],
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
  writeFileSync(join(folder, 'wall.jpg'), writePng({ width: 1, height: 1, rows: Uint8Array.of(0, 9, 9, 9) }));

  const [mine] = await presetsOf({ preset: [`${folder}/mine.json`] });

  expect(mine).toMatchObject({ id: 'mine', background: { image: `${folder}/wall.jpg` } });
});

test('names every field of a file that is wrong', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, ['bad.json'], JSON.stringify({ id: 'bad', content: 'cutout', background: 'pink', format: 'gif' }));

  await expect(presetsOf({ preset: [`${folder}/bad.json`] })).rejects.toThrow(/background: .*; format: /);
});

test('looks at a region with a preset or without', async () => {
  const roi = { left: { share: 0.2 }, top: { px: 0 }, right: { share: 0.8 }, bottom: { px: 300 } };

  expect(await presetsOf({ preset: ['amazon', 'google'], roi })).toMatchObject([{ roi }, { roi }]);
  expect(await presetOf({ roi })).toMatchObject({ content: 'cutout', roi });
});

test('keeps the size of a subject that is only moved', async () => {
  expect((await presetOf({ position: { x: 1, y: 1 } }))?.layout).toMatchObject({ canvas: 'photo', fill: 1 });
  expect((await presetOf({ size: 'full', scale: 'original', position: 'original' }))?.layout).toBeUndefined();
});

/** What commander makes of a command line with the flags of a preset. */
function parsed(...args: string[]): PresetFlags {
  const command = addPresetFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return command.parse(args, { from: 'user' }).opts<PresetFlags>();
}

test("understands remove.bg's own names and values", () => {
  const words = '--bg-color 81d4fa --channels alpha --format jpg --position original --scale original --size full';

  expect(parsed(...words.split(' '))).toMatchObject({
    background: { r: 0x81, g: 0xd4, b: 0xfa },
    channels: 'alpha',
    format: 'jpg',
    position: 'original',
    scale: 'original',
    size: 'full',
  });
  expect(parsed('--bg-image', 'wall.jpg', '--shadow-type', 'drop', '--shadow-opacity', '50%')).toMatchObject({
    backgroundImage: 'wall.jpg',
    shadow: 'drop',
    shadowOpacity: 0.5,
  });
  expect(parsed('--add-shadow')).toMatchObject({ shadow: 'drop' });
  for (const words of ['--add-shadow --shadow-type 3D', '--shadow-type car --add-shadow']) {
    expect(parsed(...words.split(' '))).toMatchObject({ shadow: 'contact' });
  }
  expect(parsed('--roi', '0% 10px 50% 100%', '--crop', '--crop-margin', '10px 20px 5% 0')).toMatchObject({
    roi: { left: { share: 0 }, top: { px: 10 }, right: { share: 0.5 }, bottom: { share: 1 } },
    crop: true,
    cropMargin: { top: { px: 10 }, right: { px: 20 }, bottom: { share: 0.05 }, left: { px: 0 } },
  });
});

test.each([
  ['--roi', '0% 0% 50%'],
  ['--roi', '50% 0% 50% 100%'],
  ['--roi', '0px 30px 50px 20px'],
  ['--crop-margin', '1px 2px 3px'],
  ['--crop-margin', '50%'],
  ['--shadow-type', 'long'],
  ['--bg-color', 'pinkish'],
  ['--size', 'large'],
])('refuses %s %s', (flag, value) => {
  expect(() => parsed(flag, value)).toThrow(CommanderError);
});
