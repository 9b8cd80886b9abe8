import { expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { readSettings } from '#functions/remove-background/settings.ts';

const complete = { CUTLINE_CUTOUTS: 'cutouts', CUTLINE_MODEL_FOLDER: '/opt/models/isnet' };

test('needs only a place for results and a model', () => {
  expect(readSettings(complete)).toMatchObject({
    store: 's3',
    cutouts: 'cutouts',
    modelFolder: '/opt/models/isnet',
    presets: [{ id: 'transparent', format: 'png' }],
    threads: 1,
    pathStyle: false,
  });
});

test('lists every variable that is missing or wrong', () => {
  const wrong = { CUTLINE_STORE: 'ftp', CUTLINE_MAX_PIXELS: 'many', CUTLINE_PRESET: 'poster' };

  for (const name of [
    'CUTLINE_STORE',
    'CUTLINE_CUTOUTS',
    'CUTLINE_MODEL_FOLDER',
    'CUTLINE_PRESET',
    'CUTLINE_MAX_PIXELS',
  ]) {
    expect(() => readSettings(wrong)).toThrow(name);
  }
});

test('takes a whole preset as JSON and refuses an impossible one', () => {
  const preset = (json: object) => readSettings({ ...complete, CUTLINE_PRESET: JSON.stringify(json) });
  const webp = { id: 'custom', content: 'cutout', background: 'transparent', format: 'webp' };

  expect(preset(webp).presets).toEqual([{ ...webp, existingAlpha: 'flatten', edges: 'fine' }]);
  expect(() => preset({ ...webp, format: 'jpeg' })).toThrow('JPEG has no transparency');
  expect(() => preset({ ...webp, colour: 'red' })).toThrow('colour');
  expect(() => readSettings({ ...complete, CUTLINE_PRESET: '{half' })).toThrow('does not parse');
});

test('takes several presets, by id or as JSON, but none twice', () => {
  const ids = (text: string) => readSettings({ ...complete, CUTLINE_PRESET: text }).presets.map(({ id }) => id);

  expect(ids('amazon, google')).toEqual(['amazon', 'google']);
  expect(ids(JSON.stringify([BUILT_IN_PRESETS.get('white'), BUILT_IN_PRESETS.get('ebay')]))).toEqual(['white', 'ebay']);
  expect(() => ids('amazon,amazon')).toThrow('each preset once');
  expect(() => ids('amazon,amazn')).toThrow('"amazn"');
});

test('asks for a folder of photos where the store is a folder', () => {
  expect(() => readSettings({ ...complete, CUTLINE_STORE: 'folder' })).toThrow('CUTLINE_PHOTOS');
});

test('addresses buckets by path where an emulator stands in for AWS', () => {
  expect(readSettings({ ...complete, AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }).pathStyle).toBe(true);
});

test('knows a bigger model and the limits of doubt, which are shares', () => {
  const limits = {
    CUTLINE_REVIEW_BELOW: '0.7',
    CUTLINE_REJECT_BELOW: '0.1',
    CUTLINE_ESCALATE_FOLDER: '/opt/models/u2net',
  };

  expect(readSettings({ ...complete, ...limits })).toMatchObject({
    escalateFolder: '/opt/models/u2net',
    thresholds: { reviewBelow: 0.7, rejectBelow: 0.1 },
  });
  expect(readSettings(complete).escalateFolder).toBeUndefined();
  expect(() => readSettings({ ...complete, CUTLINE_REVIEW_BELOW: '70' })).toThrow('CUTLINE_REVIEW_BELOW');
});
