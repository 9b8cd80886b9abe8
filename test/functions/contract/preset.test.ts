import { describe, expect, test } from 'vitest';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { FORMAT_EXTENSIONS, hashOf, Preset } from '#functions/contract/preset.ts';
import { choosePresets } from '#functions/contract/preset-choice.ts';

const valid = { id: 'shop', content: 'cutout', background: 'transparent', format: 'png' };

describe('what a preset may ask for', () => {
  test("a photo's own transparency is flattened unless it says otherwise", () => {
    expect(Preset.parse(valid).existingAlpha).toBe('flatten');
  });

  test.each([
    ['JPEG on nothing', { format: 'jpeg' }],
    ['a field nobody knows', { shade: true }],
    ['an id that is a folder of results', { id: 'records' }],
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

  test.each([
    ['a canvas smaller than its margins', { layout: { canvas: { width: 100, height: 300 }, margin: { px: 50 } } }],
    ['a fill of more than all', { layout: { canvas: 'photo', fill: 1.1 } }],
    ['a fill of a crop', { layout: { canvas: 'subject', fill: 0.5 } }],
    [
      'a canvas its own rules refuse',
      { layout: { canvas: { width: 400, height: 400 } }, rules: [{ check: 'longest_side', min: 500 }] },
    ],
    ['a fill its own rules refuse', { layout: { canvas: 'photo', fill: 0.5 }, rules: [{ check: 'fill', min: 0.85 }] }],
    ['a format its own rules refuse', { rules: [{ check: 'format', oneOf: ['jpeg'] }] }],
    ['a minimum above its maximum', { rules: [{ check: 'bytes', min: 2, max: 1 }] }],
    [
      'rules that leave no size',
      {
        rules: [
          { check: 'bytes', min: 9 },
          { check: 'bytes', max: 8 },
        ],
      },
    ],
    ['a region without area', { roi: '10% 0% 10% 100%' }],
    ['a region of three numbers', { roi: '10% 0% 10%' }],
    [
      'a margin a side at a time around a frame',
      { layout: { canvas: 'photo', margin: { top: { px: 1 }, right: { px: 1 }, bottom: { px: 1 }, left: { px: 1 } } } },
    ],
    ['a rule without a limit', { rules: [{ check: 'bytes' }] }],
    ['words for a number', { rules: [{ check: 'width', oneOf: ['wide'] }] }],
    ['a check nobody knows', { rules: [{ check: 'beauty', min: 1 }] }],
    ['a key nobody knows in a rule', { rules: [{ check: 'bytes', max: 1, most: 2 }] }],
    ['a plain background that is none', { rules: [{ check: 'background', max: 0 }] }],
    ['a shadow on a mask', { content: 'mask', shadow: { kind: 'drop' } }],
    ['a picture without its checksum', { background: { image: 'wall.jpg' } }],
  ])('not %s', (_, change) => {
    expect(Preset.safeParse({ ...valid, ...change }).success).toBe(false);
  });

  test('no shadow where the rules ask for a background of one colour', () => {
    const onWhite = { ...valid, background: { r: 255, g: 255, b: 255 }, shadow: { kind: 'contact' } };

    expect(Preset.safeParse(onWhite).success).toBe(true);
    expect(Preset.safeParse({ ...onWhite, rules: [{ check: 'background', max: 0 }] }).success).toBe(false);
  });

  test('every rule of a shop says whose it is, how good the source is and when it was read', () => {
    const shops = [...BUILT_IN_PRESETS.values()].filter(
      ({ title, id }) => title !== undefined && id !== 'white-square',
    );

    expect(shops).toHaveLength(8);
    for (const { id, rules = [] } of shops) {
      expect(rules.length, id).toBeGreaterThan(3);
      for (const { grade, read, source } of rules) {
        expect([id, grade === 'P' || grade === 'S', read, source.length > 10]).toEqual([id, true, '2026-11', true]);
      }
    }
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
    expect([...BUILT_IN_PRESETS.keys()]).toEqual([
      ...['transparent', 'white', 'white-square', 'mask'],
      ...['amazon', 'google', 'walmart', 'ebay', 'shopify', 'etsy', 'zalando', 'taobao'],
    ]);
    for (const [id, preset] of BUILT_IN_PRESETS) expect(Preset.parse(preset)).toEqual({ ...preset, id });
  });
});

describe("a preset's hash", () => {
  test('does not depend on the order of its keys, at any depth', () => {
    const a = { id: 'a', background: { r: 1, g: 2, b: 3 } };
    const b = { background: { b: 3, g: 2, r: 1 }, id: 'a' };

    expect(hashOf(a)).toBe(hashOf(b));
  });

  test.each([
    ['id', { id: 'b' }],
    ['a colour channel', { background: { r: 1, g: 2, b: 4 } }],
    ['two channels that swap values', { background: { r: 2, g: 1, b: 3 } }],
    ['a new field', { quality: 80 }],
  ])('changes with %s', (_, change) => {
    const preset = { id: 'a', background: { r: 1, g: 2, b: 3 } };

    expect(hashOf({ ...preset, ...change })).not.toBe(hashOf(preset));
  });
});

describe('which preset a photo gets', () => {
  const known = new Map(['white', 'mask', 'shop'].map((id) => [id, Preset.parse({ ...valid, id })]));
  const fallback = Preset.parse({ ...valid, id: 'default' });
  const choose = (key: string, asked: { preset?: string; metadata?: Record<string, string> } = {}) => {
    const job = { key, ...(asked.preset === undefined ? {} : { preset: asked.preset }) };
    return choosePresets({ job, metadata: asked.metadata ?? {}, known, fallback: [fallback] });
  };

  test("the job's, before the metadata's, before the folder's", () => {
    const metadata = { 'cutline-preset': 'mask' };

    expect(choose('white/a.jpg', { preset: 'shop', metadata })).toMatchObject([{ id: 'shop' }]);
    expect(choose('white/a.jpg', { metadata })).toMatchObject([{ id: 'mask' }]);
    expect(choose('white/a.jpg')).toMatchObject([{ id: 'white' }]);
  });

  test("with the job's edges instead of their own", () => {
    const job = { key: 'white/a.jpg', edges: 'fast' as const };

    const chosen = choosePresets({ job, metadata: {}, known: BUILT_IN_PRESETS, fallback: [fallback] });

    expect(chosen).toMatchObject([{ id: 'white', edges: 'fast' }]);
  });

  test('the default where nothing names one', () => {
    expect(choose('shoes/a.jpg')).toEqual([fallback]);
    expect(choose('a.jpg', { metadata: { other: 'white' } })).toEqual([fallback]);
  });

  test('only the first folder names one, and a file never does', () => {
    expect(choose('shoes/white/a.jpg')).toEqual([fallback]);
    expect(choose('white')).toEqual([fallback]);
    expect(choose('/white/a.jpg')).toEqual([fallback]);
  });

  test('the default can be asked for by its id', () => {
    expect(choose('a.jpg', { preset: 'default' })).toEqual([fallback]);
  });

  test('several are asked for with commas, each made once', () => {
    expect(choose('a.jpg', { preset: 'shop, white,shop' })).toMatchObject([{ id: 'shop' }, { id: 'white' }]);
    expect(choose('a.jpg', { preset: 'shop,whit' })).toEqual({ unknown: 'whit' });
  });

  test('an id nobody has is handed back instead of a guess', () => {
    expect(choose('white/a.jpg', { preset: 'whit' })).toEqual({ unknown: 'whit' });
    expect(choose('white/a.jpg', { metadata: { 'cutline-preset': '' } })).toEqual({ unknown: '' });
  });

  test('names of built-in object properties are no presets', () => {
    expect(choose('constructor/a.jpg')).toEqual([fallback]);
    expect(choose('a.jpg', { preset: '__proto__' })).toEqual({ unknown: '__proto__' });
  });
});
