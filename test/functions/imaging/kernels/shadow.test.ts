import { expect, test } from 'vitest';
import { overBackdropInto, shadeUnderInto } from '#functions/imaging/kernels/layers.ts';
import { contactShadow, dropShadow } from '#functions/imaging/kernels/shadow.ts';

const SIDE = 100;
const box = { left: 30, top: 20, width: 40, height: 50 };
const subject = {
  width: SIDE,
  height: SIDE,
  data: Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    return x >= 30 && x < 70 && y >= 20 && y < 70 ? 255 : 0;
  }),
};
const at = (shade: Uint8Array, x: number, y: number) => shade[y * SIDE + x] ?? Number.NaN;

test('a contact shadow is darkest where the subject stands, the same on both sides, and nowhere above', () => {
  const shade = contactShadow(subject, box);

  expect(at(shade, 50, 70)).toBeGreaterThan(60);
  expect(at(shade, 50, 70)).toBeGreaterThan(at(shade, 50, 72));
  expect(at(shade, 40, 70)).toBe(at(shade, 59, 70));
  expect(at(shade, 50, 40)).toBe(0);
  expect(at(shade, 50, 95)).toBe(0);
});

test('a drop shadow is the outline, lower and softer', () => {
  const shade = dropShadow(subject, box);

  expect(at(shade, 50, 45)).toBe(255);
  expect(at(shade, 50, 71)).toBeGreaterThan(at(shade, 50, 18));
  expect(at(shade, 29, 45)).toBeGreaterThan(0);
  expect(at(shade, 5, 45)).toBe(0);
});

test('a shadow darkens what is behind, and the subject covers it', () => {
  const target = Uint8Array.of(200, 200, 200, 200, 200, 200, 200, 200, 200);
  const rgb = Uint8Array.of(0, 0, 0, 10, 20, 30, 0, 0, 0);

  overBackdropInto(target, { rgb, alpha: Uint8Array.of(0, 255, 0), shade: Uint8Array.of(255, 255, 0), opacity: 0.5 });

  expect([...target]).toEqual([100, 100, 100, 10, 20, 30, 200, 200, 200]);
});

test('on nothing, a shadow is black that is half there', () => {
  const target = Uint8Array.of(0, 0, 0, 0, 10, 20, 30, 255);

  shadeUnderInto(target, Uint8Array.of(255, 255), 0.5);

  expect([...target]).toEqual([0, 0, 0, 128, 10, 20, 30, 255]);
});
