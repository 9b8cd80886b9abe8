import { expect, test } from 'vitest';
import { labelParts } from '#functions/imaging/kernels/label-parts.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

function partsOf(...rows: string[]) {
  const { width, height, data } = drawMask(...rows);
  return labelParts(Uint8Array.from(data), width, height);
}

test('no subject has no piece and no box', () => {
  expect(partsOf('...', '...')).toEqual({ areas: [], box: null });
});

test('a single pixel in the last corner', () => {
  expect(partsOf('...', '..#')).toEqual({ areas: [1], box: { left: 2, top: 1, right: 3, bottom: 2 } });
});

test('pieces join by edges and not by corners', () => {
  expect(partsOf('##.', '..#', '.##').areas).toEqual([2, 3]);
});

test('the end of a row does not join the beginning of the next', () => {
  expect(partsOf('..#', '#..').areas).toEqual([1, 1]);
});

test('a ring and what lies in it are two', () => {
  expect(partsOf('#####', '#...#', '#.#.#', '#...#', '#####').areas).toEqual([16, 1]);
});

test('a spiral is one piece', () => {
  expect(partsOf('#####', '....#', '###.#', '#...#', '#####').areas).toEqual([17]);
});

test('the box goes around all pieces', () => {
  expect(partsOf('......', '.#....', '......', '....#.').box).toEqual({ left: 1, top: 1, right: 5, bottom: 4 });
});

test('agrees with joining neighbours by repeated sweeps, on noise', () => {
  const random = seededRandom(6);
  for (let round = 0; round < 20; round++) {
    const [width, height] = [1 + Math.floor(random() * 24), 1 + Math.floor(random() * 24)];
    const binary = Uint8Array.from({ length: width * height }, () => (random() < 0.55 ? 1 : 0));

    const { areas } = labelParts(binary, width, height);

    expect([...areas].sort((a, b) => a - b)).toEqual(sweptAreas(binary, width, height));
  }
});

/** Gives each pixel a number and lets the smaller one win between neighbours until nothing changes. */
function sweptAreas(binary: Uint8Array, width: number, height: number): number[] {
  const labels = Array.from(binary, (value, index) => (value === 0 ? -1 : index));
  for (let isChanging = true; isChanging; ) {
    isChanging = false;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (const [nx, ny] of [
          [x - 1, y],
          [x + 1, y],
          [x, y - 1],
          [x, y + 1],
        ] as const) {
          if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
          const [own, other] = [labels[y * width + x] ?? -1, labels[ny * width + nx] ?? -1];
          if (own < 0 || other < 0 || other >= own) continue;
          labels[y * width + x] = other;
          isChanging = true;
        }
      }
    }
  }
  const areas = new Map<number, number>();
  for (const label of labels) if (label >= 0) areas.set(label, (areas.get(label) ?? 0) + 1);
  return [...areas.values()].sort((a, b) => a - b);
}
