import { describe, expect, test } from 'vitest';
import { cleanMaskInto } from '#functions/imaging/kernels/clean-mask.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { drawMask, seededRandom } from '#test/support/rasters.ts';

const SHARES = { speckShare: 0.1, gapShare: 0.05 };

function cleaned(...rows: string[]): string[] {
  const mask = drawMask(...rows);
  cleanMaskInto(mask, SHARES);
  const marks = Array.from(mask.data, (value) => (value === 1 ? '#' : value === 0 ? '.' : `${Math.round(value * 10)}`));
  return rows.map((_, y) => marks.slice(y * mask.width, (y + 1) * mask.width).join(''));
}

describe('specks', () => {
  test('are removed', () => {
    expect(cleaned('#......', '..####.', '..####.', '..####.', '......5')).toEqual([
      '.......',
      '..####.',
      '..####.',
      '..####.',
      '......5', // Joined by its corner, as the end of a thread would be.
    ]);
  });

  test('as faint as a ghost are removed, however large', () => {
    expect(cleaned('####.444', '####.444', '####.444')).toEqual(['####....', '####....', '####....']);
  });

  test('that are parts of their own stay: a pair of shoes has two', () => {
    expect(cleaned('###.###', '###.###')).toEqual(['###.###', '###.###']);
  });

  test('are all there is in a mask that is sure of nothing', () => {
    expect(cleaned('...', '.3.', '...')).toEqual(['...', '.3.', '...']);
  });
});

test('keeps hair thinner than 2 px, also where it runs aslant and faintly', () => {
  const hair = ['.......5', '......4.', '.....3..', '####2...', '####....', '####....'];

  expect(cleaned(...hair)).toEqual(hair);
});

describe('gaps', () => {
  test('as small as a pinhole are filled, with their soft rim', () => {
    expect(cleaned('########', '########', '###8.###', '########', '########', '########', '########')).toEqual(
      new Array(7).fill('########'),
    );
  });

  test("as large as a mug's handle stay", () => {
    const mug = ['........', '#####...', '#######.', '#####.#.', '#####.#.', '#####.#.', '#######.', '#####...'];
    const handle = cleaned(...mug);

    expect(handle).toEqual(mug);
  });

  test('that open to the outside are no gaps', () => {
    const notch = ['#.######', '########', '########', '########'];

    expect(cleaned(...notch)).toEqual(notch);
  });
});

test('an empty and a full mask stay as they are', () => {
  expect(cleaned('....', '....')).toEqual(['....', '....']);
  expect(cleaned('####', '####')).toEqual(['####', '####']);
});

/** The definition: pieces by spreading labels until nothing changes. */
function naively(mask: Mask): Float32Array {
  const { width, height } = mask;
  const data = Float32Array.from(mask.data);
  const pixels = Array.from(data, (_, i) => i);
  const labels = (belongs: (value: number) => boolean, hasCorners: boolean) => {
    const label = data.map((value, i) => (belongs(value) ? i : -1));
    const areNear = (a: number, b: number) => {
      const across = Math.abs((a % width) - (b % width));
      const down = Math.abs(Math.floor(a / width) - Math.floor(b / width));
      return Math.max(across, down) <= 1 && (hasCorners || across + down <= 1);
    };
    for (let isNew = true; isNew; ) {
      isNew = false;
      for (const a of pixels) {
        for (const b of pixels) {
          const [la = -1, lb = -1] = [label[a], label[b]];
          if (la < 0 || lb <= la || !areNear(a, b)) continue;
          label[b] = la;
          isNew = true;
        }
      }
    }
    return [...new Set(label)].filter((l) => l >= 0).map((l) => pixels.filter((i) => label[i] === l));
  };
  const peak = (piece: number[]) => Math.max(...piece.map((i) => data[i] ?? 0));
  const pieces = labels((value) => value > 0, true);
  const largest = Math.max(0, ...pieces.filter((piece) => peak(piece) >= 0.5).map(({ length }) => length));
  if (largest === 0) return data;
  for (const piece of pieces) if (peak(piece) < 0.5 || piece.length < largest * 0.1) for (const i of piece) data[i] = 0;
  const isOnFrame = (i: number) => i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1;
  for (const gap of labels((value) => value < 1, false)) {
    if (!gap.some(isOnFrame) && gap.length < largest * 0.05) for (const i of gap) data[i] = 1;
  }
  return data;
}

test('is what the definition says, on masks of any shape', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed);
    const [full, empty] = [0.2 + random() * 0.5, random() * 0.3];
    const data = Float32Array.from({ length: 12 * 9 }, () => {
      const value = random();
      return value < full ? 1 : value < full + empty ? 0 : random();
    });
    const mask = { width: 12, height: 9, data };
    const expected = naively(mask);

    cleanMaskInto(mask, SHARES);

    expect(mask.data, `seed ${seed}`).toEqual(expected);
  }
});
