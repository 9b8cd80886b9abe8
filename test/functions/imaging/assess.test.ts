import { describe, expect, test } from 'vitest';
import { assess } from '#functions/imaging/assess.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

/** A mask with one rectangle of subject. */
function boxMask(size: number, box: { left: number; top: number; right: number; bottom: number }, value = 1): Mask {
  const data = new Float32Array(size * size);
  for (let y = box.top; y < box.bottom; y++) data.fill(value, y * size + box.left, y * size + box.right);
  return { width: size, height: size, data };
}

const SQUARE = { width: 100, height: 100 };

describe('what is measured', () => {
  const mask = drawMask('........', '..###...', '..###...', '........');

  test('coverage is the share above one half', () => {
    expect(assess(mask, SQUARE).mask.coverage).toBe(0.1875);
    expect(assess(drawMask('5#', '.6'), SQUARE).mask.coverage).toBe(0.5);
  });

  test("the box is in the photo's pixels", () => {
    expect(assess(mask, { width: 800, height: 400 }).mask.box).toEqual({
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

      const { box } = assess(boxMask(size, { left, top, right, bottom }), photo).mask;

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

  test('none for a clear subject in the middle, which is wholly sure', () => {
    expect(assess(boxMask(64, middle), SQUARE)).toMatchObject({ reasons: [], confidence: 1, verdict: 'ok' });
  });

  test.each([
    ['nothing at all', boxMask(64, middle, 0)],
    ['nothing above one half', boxMask(64, middle, 0.4)],
  ])('an empty mask: %s', (_, mask) => {
    expect(assess(mask, SQUARE)).toEqual({
      mask: { coverage: 0, box: null, touches: [], parts: 0 },
      confidence: 0,
      reasons: ['empty_mask'],
      verdict: 'review',
    });
  });

  test('a subject of a few pixels is tiny, not missing, though its coverage rounds to nothing', () => {
    const speck = boxMask(1024, { left: 500, top: 500, right: 506, bottom: 506 });

    expect(assess(speck, SQUARE)).toMatchObject({ mask: { parts: 1 }, reasons: ['tiny_subject'], verdict: 'review' });
  });

  test.each([
    ['fills_frame', boxMask(64, { left: 0, top: 0, right: 64, bottom: 64 })],
    ['soft_mask', boxMask(64, middle, 0.7)],
    ['touches_frame', boxMask(64, { left: 0, top: 16, right: 32, bottom: 48 })],
    ['fragmented', drawMask('.........', '.#.#.#.#.', '.........', '.#.#.#.#.', '.........')],
  ] as const)('%s', (reason, mask) => {
    const { reasons, confidence } = assess(mask, SQUARE);

    expect(reasons).toContain(reason);
    expect(confidence).toBeLessThan(1);
  });

  test('several lower the confidence together', () => {
    const one = assess(boxMask(64, { left: 0, top: 16, right: 32, bottom: 48 }), SQUARE);
    const two = assess(boxMask(64, { left: 0, top: 16, right: 32, bottom: 48 }, 0.7), SQUARE);

    expect(two.reasons).toEqual(['soft_mask', 'touches_frame']);
    expect(two.confidence).toBeLessThan(one.confidence);
    expect(two.confidence).toBeGreaterThan(0);
  });

  test('the softer the mask, the lower the confidence', () => {
    const withSoftRows = (rows: number) => {
      const mask = boxMask(64, middle);
      mask.data.fill(0.5, 16 * 64, (16 + rows) * 64);
      return assess(mask, SQUARE).confidence;
    };

    expect(withSoftRows(2)).toBeGreaterThan(withSoftRows(4));
    expect(withSoftRows(4)).toBeGreaterThan(withSoftRows(8));
  });

  test('the same mask gets the same answer', () => {
    const random = seededRandom(8);
    const noise: Mask = { width: 50, height: 40, data: Float32Array.from({ length: 2000 }, random) };

    expect(assess(noise, SQUARE)).toEqual(assess(noise, SQUARE));
  });
});
