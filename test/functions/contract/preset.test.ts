import { describe, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { FORMAT_EXTENSIONS, Preset, presetHash } from '#functions/contract/preset.ts';
import { choosePreset } from '#functions/contract/preset-choice.ts';

const valid = { id: 'shop', content: 'cutout', background: 'transparent', format: 'png' };

describe('what a preset may ask for', () => {
  test("a photo's own transparency is flattened unless it says otherwise", () => {
    expect(Preset.parse(valid).existingAlpha).toBe('flatten');
  });

  test.each([
    ['JPEG on nothing', { format: 'jpeg' }],
    ['a field nobody knows', { shadow: true }],
    ['quality 0', { quality: 0 }],
    ['quality 101', { quality: 101 }],
    ['half a quality', { quality: 80.5 }],
    ['a colour beyond 255', { background: { r: 256, g: 0, b: 0 } }],
    ['a colour without blue', { background: { r: 1, g: 2 } }],
    ['GIF', { format: 'gif' }],
    ['an id that is no file name', { id: '../x' }],
    ['an id in capitals', { id: 'Shop' }],
  ])('not %s', (_, change) => {
    expect(Preset.safeParse({ ...valid, ...change }).success).toBe(false);
  });

  test('JPEG on a colour, or as a mask', () => {
    expect(Preset.safeParse({ ...valid, format: 'jpeg', background: { r: 0, g: 0, b: 0 } }).success).toBe(true);
    expect(Preset.safeParse({ ...valid, format: 'jpeg', content: 'mask' }).success).toBe(true);
  });

  test('every format has an extension of its own', () => {
    const extensions = Object.values(FORMAT_EXTENSIONS);

    expect(new Set(extensions).size).toBe(extensions.length);
  });

  test('the built-in ones are valid and found by their own id', () => {
    expect([...BUILT_IN_PRESETS.keys()]).toEqual(['transparent', 'white', 'mask']);
    for (const [id, preset] of BUILT_IN_PRESETS) expect(Preset.parse(preset)).toEqual({ ...preset, id });
  });
});

describe("a preset's hash", () => {
  test('does not depend on the order of its keys, at any depth', () => {
    const a = { id: 'a', background: { r: 1, g: 2, b: 3 } };
    const b = { background: { b: 3, g: 2, r: 1 }, id: 'a' };

    expect(presetHash(a)).toBe(presetHash(b));
  });

  test.each([
    ['id', { id: 'b' }],
    ['a colour channel', { background: { r: 1, g: 2, b: 4 } }],
    ['two channels that swap values', { background: { r: 2, g: 1, b: 3 } }],
    ['a new field', { quality: 80 }],
  ])('changes with %s', (_, change) => {
    const preset = { id: 'a', background: { r: 1, g: 2, b: 3 } };

    expect(presetHash({ ...preset, ...change })).not.toBe(presetHash(preset));
  });
});

describe('which preset a photo gets', () => {
  const known = new Map(['white', 'mask', 'shop'].map((id) => [id, Preset.parse({ ...valid, id })]));
  const fallback = Preset.parse({ ...valid, id: 'default' });
  const choose = (key: string, asked: { preset?: string; metadata?: Record<string, string> } = {}) => {
    const job = { key, ...(asked.preset === undefined ? {} : { preset: asked.preset }) };
    return choosePreset({ job, metadata: asked.metadata ?? {}, known, fallback });
  };

  test("the job's, before the metadata's, before the folder's", () => {
    const metadata = { 'cutline-preset': 'mask' };

    expect(choose('white/a.jpg', { preset: 'shop', metadata })).toMatchObject({ id: 'shop' });
    expect(choose('white/a.jpg', { metadata })).toMatchObject({ id: 'mask' });
    expect(choose('white/a.jpg')).toMatchObject({ id: 'white' });
  });

  test('the default where nothing names one', () => {
    expect(choose('shoes/a.jpg')).toBe(fallback);
    expect(choose('a.jpg', { metadata: { other: 'white' } })).toBe(fallback);
  });

  test('only the first folder names one, and a file never does', () => {
    expect(choose('shoes/white/a.jpg')).toBe(fallback);
    expect(choose('white')).toBe(fallback);
    expect(choose('/white/a.jpg')).toBe(fallback);
  });

  test('the default can be asked for by its id', () => {
    expect(choose('a.jpg', { preset: 'default' })).toBe(fallback);
  });

  test('an id nobody has is handed back instead of a guess', () => {
    expect(choose('white/a.jpg', { preset: 'whit' })).toEqual({ unknown: 'whit' });
    expect(choose('white/a.jpg', { metadata: { 'cutline-preset': '' } })).toEqual({ unknown: '' });
  });

  test('names of built-in object properties are no presets', () => {
    expect(choose('constructor/a.jpg')).toBe(fallback);
    expect(choose('a.jpg', { preset: '__proto__' })).toEqual({ unknown: '__proto__' });
  });
});
