import { describe, expect, test } from 'vitest';
import { placeSubject } from '#functions/imaging/place.ts';

const photo = { width: 4000, height: 3000 };
const box = { left: 100, top: 200, width: 1000, height: 500 };

describe('a frame of so many pixels', () => {
  test('is filled as asked along the axis where the subject covers more, and the subject lies in its middle', () => {
    const { target, scale, isShrunk } = placeSubject(box, photo, { canvas: { width: 800, height: 800 }, fill: 0.9 });

    expect(target).toEqual({ left: 40, top: 220, width: 720, height: 360 });
    expect([scale, isShrunk]).toEqual([0.72, false]);
  });

  test('shrinks in its own ratio rather than enlarging the subject', () => {
    const { canvas, target, scale, isShrunk } = placeSubject(box, photo, {
      canvas: { width: 4000, height: 8000 },
      fill: 0.5,
    });

    expect({ canvas, scale, isShrunk }).toEqual({ canvas: { width: 2000, height: 4000 }, scale: 1, isShrunk: true });
    expect(target).toEqual({ left: 500, top: 1750, width: 1000, height: 500 });
  });

  test('keeps its size where the layout allows enlarging', () => {
    const { canvas, scale } = placeSubject(box, photo, {
      canvas: { width: 4000, height: 4000 },
      fill: 0.5,
      enlarge: true,
    });

    expect([canvas, scale]).toEqual([{ width: 4000, height: 4000 }, 2]);
  });

  test('leaves its margin even where the fill would go beyond it', () => {
    const layout = { canvas: { width: 500, height: 500 }, fill: 1, margin: { px: 50 } } as const;

    expect(placeSubject(box, photo, layout).target).toEqual({ left: 50, top: 150, width: 400, height: 200 });
  });

  test('holds the subject at the bottom right when asked to', () => {
    const canvas = { width: 500, height: 500 };

    const { target } = placeSubject(box, photo, { canvas, fill: 0.8, margin: { px: 10 }, position: { x: 1, y: 1 } });

    expect(target).toEqual({ left: 90, top: 290, width: 400, height: 200 });
  });
});

test('a ratio takes its size from the subject, which keeps its own resolution', () => {
  const { canvas, scale } = placeSubject(box, photo, { canvas: { ratio: 2 }, fill: 0.8 });

  expect([canvas, scale]).toEqual([{ width: 1250, height: 625 }, 1]);
});

test('a crop is the subject with its margin, in px or as a share of its shorter side', () => {
  const px = placeSubject(box, photo, { canvas: 'subject', margin: { px: 30 } });
  const share = placeSubject(box, photo, { canvas: 'subject', margin: { share: 0.1 } });

  expect(px).toMatchObject({ canvas: { width: 1060, height: 560 }, target: { left: 30, top: 30 }, scale: 1 });
  expect(share.canvas).toEqual({ width: 1100, height: 600 });
});

test('a crop may have another margin on each side, as a share of the subject along that axis', () => {
  const margin = { top: { px: 5 }, right: { share: 0.1 }, bottom: { share: 0.2 }, left: { px: 0 } };

  const { canvas, target } = placeSubject(box, photo, { canvas: 'subject', margin });

  expect(canvas).toEqual({ width: 1000 + 100, height: 5 + 500 + 100 });
  expect(target).toEqual({ left: 0, top: 5, width: 1000, height: 500 });
});

test("the photo's frame keeps its size, and a subject too small for it its own", () => {
  const { canvas, scale, isShrunk } = placeSubject(box, photo, { canvas: 'photo', fill: 0.9 });

  expect([canvas, scale, isShrunk]).toEqual([photo, 1, false]);
});

test('a subject of one pixel still has a frame', () => {
  const dot = { left: 0, top: 0, width: 1, height: 1 };

  expect(placeSubject(dot, photo, { canvas: { width: 800, height: 800 }, fill: 1 }).canvas).toEqual({
    width: 1,
    height: 1,
  });
});
