import { describe, expect, test } from 'vitest';
import { planarInto } from '#functions/imaging/kernels/planar.ts';

/** Two pixels: (10, 20, 30) and (40, 50, 60). */
const rgb = Uint8Array.of(10, 20, 30, 40, 50, 60);
const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

function planesOf(pixels: Uint8Array, settings: Parameters<typeof planarInto>[2]): number[] {
  const target = new Float32Array(pixels.length).fill(-99);
  planarInto(target, pixels, settings);
  return [...target];
}

function settings(
  scale: 'one' | 'by255' | 'byMax',
  mean: readonly number[] = plain.mean,
  std: readonly number[] = plain.std,
) {
  const triple = ([r = 0, g = 0, b = 0]: readonly number[]): [number, number, number] => [r, g, b];
  return { scale, mean: triple(mean), std: triple(std) };
}

describe('interleaved colours become planes', () => {
  test('one: values as they are', () => {
    expect(planesOf(rgb, settings('one'))).toEqual([10, 40, 20, 50, 30, 60]);
  });

  test('by255: 0..1', () => {
    const expected = [10, 40, 20, 50, 30, 60].map((value) => value / 255);

    planesOf(rgb, settings('by255')).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    });
    expect(planesOf(Uint8Array.of(0, 255, 0), settings('by255'))[1]).toBe(1);
  });

  test('byMax: the brightest value of any channel becomes 1', () => {
    const expected = [10, 40, 20, 50, 30, 60].map((value) => value / 60);

    planesOf(rgb, settings('byMax')).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    });
  });

  test('byMax on an all-black photo: zero, not a division by zero', () => {
    expect(planesOf(new Uint8Array(6), settings('byMax'))).toEqual([0, 0, 0, 0, 0, 0]);
    const centred = planesOf(new Uint8Array(3), settings('byMax', [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]));
    [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225].forEach((value, i) => {
      expect(centred[i]).toBeCloseTo(value, 5);
    });
  });
});

test('each channel has its own mean and deviation', () => {
  const [mean, std] = [
    [0.1, 0.2, 0.3],
    [0.5, 0.25, 2],
  ];

  const planes = planesOf(rgb, settings('by255', mean, std));

  const expected = [0, 1, 2].flatMap((channel) =>
    [0, 1].map((pixel) => ((rgb[pixel * 3 + channel] ?? 0) / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1)),
  );
  planes.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
  });
});

test('pixels that start in the middle of their buffer are read from there', () => {
  const padded = new Uint8Array(rgb.length + 4).fill(200);
  padded.set(rgb, 3);

  expect(planesOf(padded.subarray(3, 9), settings('byMax'))).toEqual(planesOf(rgb, settings('byMax')));
});
