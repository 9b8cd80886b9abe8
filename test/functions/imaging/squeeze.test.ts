import { expect, test } from 'vitest';
import { squeeze } from '#functions/imaging/squeeze.ts';

/** Stripes of every width from 2 px to the whole photo, seeded by nothing: the same each time. */
function chirp(width: number, height: number) {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = Math.sin((Math.PI * x * x) / (2 * width));
      const down = Math.sin((Math.PI * y * y) / (2 * height));
      data.fill(Math.round(127.5 + 50 * across + 50 * down), 3 * (y * width + x), 3 * (y * width + x + 1));
    }
  }
  return { width, height, data };
}

/** Weights of Lanczos with 3 lobes, widened by as much as it shrinks, at pixel centres: what Pillow documents. */
function lanczosRows(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale;
    const first = Math.max(0, Math.round(centre - 3 * scale));
    const last = Math.min(from, Math.round(centre + 3 * scale));
    const weights = Array.from({ length: last - first }, (_, i) => {
      const x = (first + i + 0.5 - centre) / scale;
      return Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** The first channel of an exact Lanczos, in float64. */
function exact({ width, height, data }: ReturnType<typeof chirp>, w: number, h: number): number[] {
  const [columns, rows] = [lanczosRows(width, w), lanczosRows(height, h)];
  const narrow = Array.from({ length: height }, (_, y) =>
    columns.map(({ first, weights }) =>
      weights.reduce((sum, weight, i) => sum + weight * (data[3 * (y * width + first + i)] ?? 0), 0),
    ),
  );
  return rows.flatMap(({ first, weights }) =>
    columns.map((_, x) => weights.reduce((sum, weight, i) => sum + weight * (narrow[first + i]?.[x] ?? 0), 0)),
  );
}

test.each([
  ['less than 4 times', 300, 200],
  ['4.6 times along one axis', 300, 460],
  ['9 times along both', 900, 920],
])('shrunk %s, a photo is what Lanczos makes of it, within a level or two', async (_, width, height) => {
  const photo = chirp(width, height);

  const squeezed = await squeeze(photo, 100, 100);

  const truth = exact(photo, 100, 100);
  const errors = truth.map((value, i) => Math.abs(Math.min(255, Math.max(0, value)) - (squeezed[3 * i] ?? 0)));
  expect(errors.reduce((a, b) => a + b, 0) / errors.length).toBeLessThan(0.6);
  expect(Math.max(...errors)).toBeLessThan(4);
});

test('a photo smaller than the input is enlarged to it', async () => {
  expect(await squeeze(chirp(40, 500), 64, 64)).toHaveLength(3 * 64 * 64);
});
