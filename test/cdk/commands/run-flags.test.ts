import { expect, test } from 'vitest';
import { presetOf, type RunFlags } from '../../../cdk/commands/run-flags.ts';

const flags = (given: Partial<RunFlags>): RunFlags => ({
  model: 'isnet',
  threads: 1,
  timeout: 60,
  maxMegapixels: 100,
  ...given,
});

test('makes a transparent PNG unless told otherwise', () => {
  expect(presetOf(flags({}))).toMatchObject({ content: 'cutout', background: 'transparent', format: 'png' });
});

test('puts a JPEG on white', () => {
  expect(presetOf(flags({ format: 'jpeg' }))).toMatchObject({
    format: 'jpeg',
    background: { r: 255, g: 255, b: 255 },
  });
});

test('refuses a transparent JPEG', () => {
  expect(() => presetOf(flags({ format: 'jpeg', background: 'transparent' }))).toThrow('JPEG has no transparency');
});

test('writes a mask as JPEG, too', () => {
  expect(presetOf(flags({ format: 'jpeg', onlyMask: true }))).toMatchObject({ content: 'mask', format: 'jpeg' });
});

test('refuses a quality that PNG does not have', () => {
  expect(() => presetOf(flags({ quality: 80 }))).toThrow('--quality');
});
