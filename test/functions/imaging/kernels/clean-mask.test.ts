import { describe, expect, test } from 'vitest';
import { cleanMaskInto } from '#functions/imaging/kernels/clean-mask.ts';
import { drawMask } from '#test/support/rasters.ts';

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
