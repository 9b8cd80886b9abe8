import { describe, expect, test } from 'vitest';
import { type AssessOptions, assess } from '#functions/imaging/assess.ts';
import { measureMask } from '#functions/imaging/measure-mask.ts';
import type { Mask, RgbImage } from '#functions/imaging/raster.ts';
import { drawMask, paint, seededRandom } from '#test/support/rasters.ts';

/** A mask with one rectangle of subject. */
function boxMask(size: number, box: { left: number; top: number; right: number; bottom: number }, value = 1): Mask {
  const data = new Float32Array(size * size);
  for (let y = box.top; y < box.bottom; y++) data.fill(value, y * size + box.left, y * size + box.right);
  return { width: size, height: size, data };
}

const SQUARE = paint(100, 100, () => [255, 255, 255]);

/** What the mask shows, dark on white: a photo that leaves no doubt of its own. */
function photoOf(mask: Mask): RgbImage {
  return paint(mask.width, mask.height, (x, y) =>
    (mask.data[y * mask.width + x] ?? 0) > 0.3 ? [120, 30, 40] : [255, 255, 255],
  );
}

describe('what is measured', () => {
  const mask = drawMask('........', '..###...', '..###...', '........');

  test('coverage is the share above one half', () => {
    expect(assess(mask, SQUARE).mask.coverage).toBe(0.1875);
    expect(assess(drawMask('5#', '.6'), SQUARE).mask.coverage).toBe(0.5);
  });

  test("the box is in the photo's pixels", () => {
    expect(measureMask(mask, { width: 800, height: 400 }).box).toEqual({
      left: 200,
      top: 100,
      width: 300,
      height: 200,
    });
  });

  test('the box holds every pixel that the subject reaches into, and nothing outside the photo', () => {
    const random = seededRandom(4);
    for (let round = 0; round < 300; round++) {
      const size = 1 + Math.floor(random() * 60);
      const [left, top] = [Math.floor(random() * size), Math.floor(random() * size)];
      const right = left + 1 + Math.floor(random() * (size - left));
      const bottom = top + 1 + Math.floor(random() * (size - top));
      const photo = { width: 1 + Math.floor(random() * 300), height: 1 + Math.floor(random() * 300) };

      const { box } = measureMask(boxMask(size, { left, top, right, bottom }), photo);

      // In whole numbers: pixel p lies over [p * size, (p + 1) * size), the subject over [left * width, right * width).
      const { left: l, top: t, width, height } = box ?? { left: -1, top: -1, width: 0, height: 0 };
      expect(l * size).toBeLessThanOrEqual(left * photo.width);
      expect((l + 1) * size).toBeGreaterThan(left * photo.width);
      expect((l + width) * size).toBeGreaterThanOrEqual(right * photo.width);
      expect((l + width - 1) * size).toBeLessThan(right * photo.width);
      expect((t + height) * size).toBeGreaterThanOrEqual(bottom * photo.height);
      expect([l >= 0, t >= 0, l + width <= photo.width, t + height <= photo.height]).toEqual([true, true, true, true]);
    }
  });

  test.each([
    ['left', drawMask('...', '#..', '...')],
    ['top', drawMask('.#.', '...', '...')],
    ['right', drawMask('...', '..#', '...')],
    ['bottom', drawMask('...', '...', '.#.')],
  ] as const)('touching the %s edge', (edge, touching) => {
    expect(assess(touching, SQUARE).mask.touches).toEqual([edge]);
  });

  test('a full mask touches all four edges', () => {
    expect(assess(drawMask('##', '##'), SQUARE).mask.touches).toEqual(['left', 'top', 'right', 'bottom']);
  });

  test('pieces are counted, specks below a hundredth of the subject are not', () => {
    const data = new Float32Array(64 * 64);
    for (let y = 4; y < 24; y++) data.fill(1, y * 64 + 4, y * 64 + 24); // 400
    data.fill(1, 40 * 64 + 40, 40 * 64 + 45); // 5: above 1 % of 406
    data[60 * 64 + 60] = 1; // 1: below

    expect(assess({ width: 64, height: 64, data }, SQUARE).mask.parts).toBe(2);
  });

  test('pieces that meet only at a corner are two', () => {
    expect(assess(drawMask('#.', '.#'), SQUARE).mask.parts).toBe(2);
  });
});

describe('reasons to doubt', () => {
  const middle = { left: 16, top: 16, right: 48, bottom: 48 };
  const judge = (mask: Mask, options: Partial<AssessOptions> = {}) => assess(mask, photoOf(mask), options);

  test('none for a clear subject in the middle, which is all but sure', () => {
    const { reasons, confidence, verdict } = judge(boxMask(64, middle));

    expect({ reasons, verdict }).toEqual({ reasons: [], verdict: 'ok' });
    expect(confidence).toBeGreaterThan(0.9);
  });

  test.each([
    ['nothing at all', boxMask(64, middle, 0)],
    ['nothing above one half', boxMask(64, middle, 0.4)],
  ])('an empty mask: %s', (_, mask) => {
    expect(judge(mask)).toMatchObject({
      mask: { coverage: 0, box: null, touches: [], parts: 0 },
      confidence: 0,
      reasons: ['empty_mask'],
      verdict: 'review',
    });
  });

  test('a subject of a few pixels is tiny, not missing, though its coverage rounds to nothing', () => {
    const speck = boxMask(1024, { left: 500, top: 500, right: 506, bottom: 506 });

    const { mask, reasons, verdict } = judge(speck);

    expect([mask.parts, verdict]).toEqual([1, 'review']);
    expect(reasons).toContain('tiny_subject');
  });

  test('a piece of which the network cannot say whose it is goes to review, however sure the rest is', () => {
    const shoe = { left: 20, top: 40, right: 120, bottom: 110 };
    const mask = boxMask(160, shoe);
    const photo = photoOf(mask);
    const sure = { bias: 5, features: {}, made: {} };
    for (let y = 60; y < 84; y++) mask.data.fill(0.5, y * 160 + 120, y * 160 + 144);

    expect(assess(boxMask(160, shoe), photo, { confidence: sure })).toMatchObject({ verdict: 'ok', reasons: [] });
    expect(assess(mask, photo, { confidence: sure })).toMatchObject({ verdict: 'review', reasons: ['soft_mask'] });
  });

  const spots = drawMask('.........', '.#.#.#.#.', '.........', '.#.#.#.#.', '.........');
  const comb = boxMask(64, middle);
  for (let y = 0; y < 48; y++) for (let x = 16; x < 48; x += 2) comb.data[y * 64 + x] = 0;
  const two = boxMask(64, { left: 8, top: 8, right: 24, bottom: 40 });
  for (let y = 20; y < 40; y++) two.data.fill(1, y * 64 + 40, y * 64 + 60);

  test.each([
    ['fills_frame', boxMask(64, { left: 0, top: 0, right: 64, bottom: 64 })],
    ['soft_mask', boxMask(64, middle, 0.7)],
    ['touches_frame', boxMask(64, { left: 0, top: 16, right: 32, bottom: 48 })],
    ['fragmented', spots],
    ['several_subjects', two],
    ['thin_subject', comb],
  ] as const)('%s', (reason, mask) => {
    const { reasons, confidence } = judge(mask);

    expect(reasons).toContain(reason);
    expect(confidence).toBeLessThan(judge(boxMask(64, middle)).confidence);
  });

  test('low_contrast: white on white', () => {
    const { reasons, confidence } = assess(
      boxMask(64, middle),
      paint(64, 64, () => [255, 255, 255]),
    );

    expect(reasons).toContain('low_contrast');
    expect(confidence).toBeLessThan(judge(boxMask(64, middle)).confidence);
  });

  test('a person who is asked to look is always told what at', () => {
    const { reasons, verdict } = judge(boxMask(64, middle), { reviewBelow: 1 });

    expect(verdict).toBe('review');
    expect(reasons).toHaveLength(1);
  });

  test('the softer the mask, the lower the confidence', () => {
    const withSoftRows = (rows: number) => {
      const mask = boxMask(64, middle);
      mask.data.fill(0.5, 16 * 64, (16 + rows) * 64);
      return assess(mask, photoOf(boxMask(64, middle))).confidence;
    };

    expect(withSoftRows(2)).toBeGreaterThan(withSoftRows(4));
    expect(withSoftRows(4)).toBeGreaterThan(withSoftRows(8));
  });

  test('the same mask and photo get the same answer, and are not touched', () => {
    const random = seededRandom(8);
    const noise: Mask = { width: 50, height: 40, data: Float32Array.from({ length: 2000 }, random) };
    const before = Float32Array.from(noise.data);

    expect(assess(noise, SQUARE)).toEqual(assess(noise, SQUARE));
    expect(noise.data).toEqual(before);
  });

  test('a network of 1024 px is judged as one of 320 that sees the same', () => {
    const [small, large] = [320, 1024].map((size) => {
      const at = (share: number) => Math.round(share * size);
      return boxMask(size, { left: at(0.25), top: at(0.25), right: at(0.75), bottom: at(0.75) });
    });
    if (small === undefined || large === undefined) throw new Error('Expected two masks');
    const photo = photoOf(large);

    expect(assess(large, photo).confidence).toBeCloseTo(assess(small, photo).confidence, 1);
  });
});

describe('the verdict', () => {
  const middle = { left: 16, top: 16, right: 48, bottom: 48 };
  const soft = boxMask(64, middle, 0.7);
  const { confidence } = assess(soft, photoOf(soft));

  test.each([
    ['ok', { reviewBelow: confidence }],
    ['review', { reviewBelow: confidence + 0.01 }],
    ['rejected', { reviewBelow: 1, rejectBelow: confidence + 0.01 }],
  ] as const)('is %s by where the limits are', (verdict, limits) => {
    expect(assess(soft, photoOf(soft), limits).verdict).toBe(verdict);
  });

  test("follows the network's own calibration where it has one", () => {
    const unsure = { bias: -5, features: {}, made: {} };

    expect(assess(soft, photoOf(soft), { confidence: unsure }).confidence).toBeCloseTo(1 / (1 + Math.exp(5)), 4);
  });

  test('of an empty mask needs no calibration', () => {
    const sure = { bias: 5, features: {}, made: {} };

    expect(assess(boxMask(64, middle, 0), SQUARE, { confidence: sure }).confidence).toBe(0);
  });
});
