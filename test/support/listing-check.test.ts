import { describe, expect, test } from 'vitest';
import type { RuleResult } from '#functions/contract/preset-rules.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { brokenPromises, lookAtListing } from '#test/support/listing-check.ts';
import { boxOnWhite } from '#test/support/rasters.ts';

const SIZE = { width: 400, height: 200 };

async function look(box: { left: number; top: number; width: number; height: number }) {
  const { data } = boxOnWhite(SIZE, box);
  return await lookAtListing(
    await sharp(data, { raw: { ...SIZE, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

const said = (rule: Pick<RuleResult, 'check'> & Partial<RuleResult>): RuleResult => ({
  level: 'must',
  value: 0,
  passed: true,
  ...rule,
});

describe('finds what is said to pass and does not', () => {
  test.each([
    said({ check: 'width', min: 401 }),
    said({ check: 'height', max: 199 }),
    said({ check: 'ratio', max: 1.9 }),
    said({ check: 'bytes', min: 1e6 }),
    said({ check: 'format', oneOf: ['jpeg'] }),
    said({ check: 'fill', min: 0.6 }),
    said({ check: 'subject_width', min: 130 }),
    said({ check: 'off_centre', max: 0.1 }),
    said({ check: 'margin', min: 50 }),
    said({ check: 'cut_off', max: 0 }),
  ])('$check', async (rule) => {
    const seen = await look({ left: 0, top: 50, width: 100, height: 100 });

    expect(brokenPromises(seen, [rule])).toEqual([rule]);
    expect(brokenPromises(seen, [{ ...rule, passed: false }])).toEqual([]);
  });

  test('a pixel that is not quite white, far from the subject', async () => {
    const { data } = boxOnWhite(SIZE, { left: 20, top: 50, width: 100, height: 100 });
    data.set([255, 254, 255], (100 * SIZE.width + 350) * 3);
    const seen = await lookAtListing(
      await sharp(data, { raw: { ...SIZE, channels: 3 } })
        .png()
        .toBuffer(),
    );

    const rule = said({ check: 'background', max: 0 });

    expect(brokenPromises(seen, [rule])).toEqual([rule]);
  });
});

test('tells a pale part of the subject from dirt that lies by itself', async () => {
  const { data } = boxOnWhite(SIZE, { left: 20, top: 50, width: 100, height: 100 });
  for (let x = 120; x < 200; x++) data.set([250, 250, 250], (100 * SIZE.width + x) * 3);
  const joined = await lookAtListing(
    await sharp(data, { raw: { ...SIZE, channels: 3 } })
      .png()
      .toBuffer(),
  );
  for (let x = 120; x < 180; x++) data.set([255, 255, 255], (100 * SIZE.width + x) * 3);
  const loose = await lookAtListing(
    await sharp(data, { raw: { ...SIZE, channels: 3 } })
      .png()
      .toBuffer(),
  );

  expect([joined.dirt, joined.looseDirt]).toEqual([5, 0]);
  expect([loose.dirt, loose.looseDirt]).toEqual([5, 5]);
});

test('says nothing where all is as promised', async () => {
  const seen = await look({ left: 150, top: 50, width: 100, height: 100 });

  const rules = [
    said({ check: 'width', min: 400, max: 400 }),
    said({ check: 'fill', min: 0.5, max: 0.5 }),
    said({ check: 'off_centre', max: 0 }),
    said({ check: 'background', max: 0 }),
    said({ check: 'cut_off', max: 0 }),
    said({ check: 'colour_space', oneOf: ['srgb'] }),
    said({ check: 'bits', max: 8 }),
  ];
  expect(brokenPromises(seen, rules)).toEqual([]);
});
