import { expect, test } from 'vitest';
import { float16ToFloat32, float32ToFloat16 } from '#models/onnx/float16.ts';

// Bit patterns from the table in IEEE 754-2008's half-precision format.
const table: [number, number][] = [
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, (1023 / 1024) * 2 ** -14],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3c00, 1],
  [0x3c01, 1 + 2 ** -10],
  [0x7bff, 65504],
  [0x7c00, Number.POSITIVE_INFINITY],
  [0xc000, -2],
];

test.each(table)('0x%x is %d both ways', (half, value) => {
  expect(float16ToFloat32(Uint16Array.of(half))[0]).toBe(value);
  expect(float32ToFloat16(Float32Array.of(value))[0]).toBe(half);
});

test('every half survives the way through float32', () => {
  const halves = Uint16Array.from({ length: 65_536 }, (_, half) => half).filter((half) => (half & 0x7fff) <= 0x7c00);

  expect(float32ToFloat16(float16ToFloat32(halves))).toEqual(halves);
});

test('rounds to nearest, ties to even', () => {
  const step = 2 ** -10;

  const rounded = float16ToFloat32(float32ToFloat16(Float32Array.of(1 + step / 2, 1 + 1.5 * step, 1 + 0.6 * step)));

  expect([...rounded]).toEqual([1, 1 + 2 * step, 1 + step]);
});

test('what is too large becomes infinite and what is too small zero', () => {
  const rounded = float16ToFloat32(float32ToFloat16(Float32Array.of(65520, 65519, 2 ** -26, Number.NaN)));

  expect([...rounded]).toEqual([Number.POSITIVE_INFINITY, 65504, 0, Number.NaN]);
});
