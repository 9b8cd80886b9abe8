import { expect, test } from 'vitest';
import { PresetRule, type RuleResult } from '#functions/contract/preset-rules.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { breaksRule, verify } from '#functions/imaging/verify.ts';
import { boxOnWhite, paint } from '#test/support/rasters.ts';

const white = { r: 255, g: 255, b: 255 };
const rule = (check: string, limits: object) => PresetRule.parse({ check, ...limits });

interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const file = ({ width, height, data }: Drawn) => sharp(data, { raw: { width, height, channels: 3 } });
const boxed = () => boxOnWhite({ width: 200, height: 100 }, { left: 20, top: 30, width: 120, height: 40 });

async function measure(bytes: Uint8Array, check: string, limits: object): Promise<RuleResult | undefined> {
  return (await verify(bytes, { rules: [rule(check, limits)], background: white }))[0];
}

test.each([
  ['width', 200],
  ['height', 100],
  ['longest_side', 200],
  ['shortest_side', 100],
  ['side_sum', 300],
  ['pixels', 20_000],
  ['ratio', 2],
  ['bits', 8],
  ['fill', 0.6],
  ['area_fill', 0.24],
  ['subject_width', 120],
  ['subject_height', 40],
  ['margin', 20],
  // 20 px are left of the box and 60 right of it, so its middle is 20 px off.
  ['off_centre', 0.1],
  ['cut_off', 0],
  ['background', 0],
])('measures %s', async (check, value) => {
  const bytes = await file(boxed()).png().toBuffer();

  expect(await measure(bytes, check, { min: value, max: value })).toMatchObject({ value, passed: true });
  expect(await measure(bytes, check, { min: value + 1 })).toMatchObject({ value, passed: false });
});

test('the file is what counts, not what was meant: its bytes, its format, its colours', async () => {
  const jpeg = await file(boxed()).jpeg().toBuffer();
  const cmyk = await file(boxed()).toColourspace('cmyk').jpeg().toBuffer();
  const deep = await file(boxed()).toColourspace('rgb16').png().toBuffer();
  const p3 = await file(boxed()).withIccProfile('p3').png().toBuffer();

  expect(await measure(jpeg, 'bytes', { max: jpeg.length })).toMatchObject({ value: jpeg.length, passed: true });
  expect(await measure(jpeg, 'format', { oneOf: ['png'] })).toMatchObject({ value: 'jpeg', passed: false });
  expect(await measure(cmyk, 'colour_space', { oneOf: ['srgb'] })).toMatchObject({ value: 'cmyk', passed: false });
  expect(await measure(deep, 'bits', { max: 8 })).toMatchObject({ value: 16, passed: false });
  expect(await measure(p3, 'colour_space', { oneOf: ['srgb'] })).toMatchObject({ passed: false });
});

test.each([
  ['one level of one channel, in one pixel far from the subject', [255, 255, 254], 1],
  ['a shade that still looks white', [250, 250, 250], 5],
] as const)('finds %s', async (_, colour, off) => {
  const { width, height, data } = boxed();
  const dirty = Uint8Array.from(data);
  dirty.set(colour, (5 * width + 190) * 3);

  const bytes = await file({ width, height, data: dirty }).png().toBuffer();

  expect(await measure(bytes, 'background', { max: 0 })).toMatchObject({ value: off, passed: false });
});

test("lets JPEG's ringing around the subject be, and finds none beyond", async () => {
  const bytes = await file(boxed()).jpeg({ quality: 60 }).toBuffer();

  expect(await measure(bytes, 'background', { max: 0 })).toMatchObject({ value: 0, passed: true });
});

test('a photo with another background does not pass for one whose product fills the frame', async () => {
  const scene = await file(paint(90, 60, () => [90, 110, 90]))
    .jpeg()
    .toBuffer();

  const result = await measure(scene, 'background', { max: 0 });

  expect(result).toMatchObject({ passed: false });
  expect(Number(result?.value)).toBeGreaterThan(150);
});

test('a light surface inside the product is not background', async () => {
  const isIn = (x: number, y: number, edge: number) => x >= edge && x < 200 - edge && y >= edge && y < 200 - edge;
  const frame = paint(200, 200, (x, y) =>
    isIn(x, y, 60) ? [245, 245, 245] : isIn(x, y, 40) ? [30, 30, 30] : [255, 255, 255],
  );

  expect(await measure(await file(frame).png().toBuffer(), 'background', { max: 0 })).toMatchObject({ value: 0 });
});

test('a transparent background is not white', async () => {
  const hollow = { create: { width: 100, height: 100, channels: 4, background: '#ffffff00' } } as const;
  const dot = await sharp({ create: { width: 20, height: 20, channels: 3, background: '#000000' } })
    .png()
    .toBuffer();
  const bytes = await sharp(hollow)
    .composite([{ input: dot, left: 40, top: 40 }])
    .png()
    .toBuffer();

  expect(await measure(bytes, 'background', { max: 0 })).toMatchObject({ passed: false });
  expect(await measure(bytes, 'fill', { min: 0 })).toMatchObject({ value: 0.2 });
});

test('an empty picture has no subject: nothing filled, nothing complete', async () => {
  const bytes = await file(paint(60, 60, () => [255, 255, 255]))
    .png()
    .toBuffer();

  expect(await measure(bytes, 'fill', { min: 0.1 })).toMatchObject({ value: 0, passed: false });
  expect(await measure(bytes, 'cut_off', { max: 0 })).toMatchObject({ value: 4, passed: false });
});

test('a subject at the edge is cut off there, and one the photo had cut off stays so', async () => {
  const atEdge = await file(boxOnWhite({ width: 100, height: 100 }, { left: 0, top: 20, width: 50, height: 50 }))
    .png()
    .toBuffer();
  const alpha = { width: 200, height: 100, data: new Uint8Array(20_000).fill(255, 9_000, 9_100) };
  const bytes = await file(boxed()).png().toBuffer();

  const known = await verify(bytes, {
    rules: [rule('cut_off', { max: 0 })],
    background: white,
    subject: { alpha, cutOff: 2 },
  });

  expect(await measure(atEdge, 'cut_off', { max: 0 })).toMatchObject({ value: 1, passed: false });
  expect(known).toMatchObject([{ value: 2, passed: false }]);
});

test('advice does not make a listing faulty, a must does', async () => {
  const bytes = await file(boxed()).png().toBuffer();
  const results = (level: string) => verify(bytes, { rules: [rule('width', { min: 500, level })], background: white });

  expect(breaksRule(await results('should'))).toBe(false);
  expect(breaksRule(await results('must'))).toBe(true);
});

test('gives the same answer twice', async () => {
  const bytes = await file(boxed()).jpeg().toBuffer();
  const options = { rules: [rule('fill', { min: 0.5 }), rule('background', { max: 0 })], background: white };

  expect(await verify(bytes, options)).toEqual(await verify(bytes, options));
});
