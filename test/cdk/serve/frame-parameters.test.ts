import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pixelAt } from '../../support/rasters.ts';
import {
  BOX,
  boxPhoto,
  CENTRE,
  foregroundOf,
  GRID_PX,
  near,
  pixelsOf,
  postForm,
  startTinyServer,
  type TinyServer,
} from '../../support/tiny-server.ts';

let server: TinyServer;
let photo: Buffer;

beforeAll(async () => {
  photo = await boxPhoto();
  server = await startTinyServer();
});

afterAll(() => server.close());

const post = (values: Record<string, string> = {}) => postForm(server, { image_file: photo, ...values });

describe('crop', () => {
  test('leaves nothing but the subject', async () => {
    const response = await post({ crop: 'true' });

    const pixels = await pixelsOf(response);
    expect(near([pixels.width, pixels.height], [BOX.width, BOX.height])).toBeLessThanOrEqual(2 * GRID_PX);
    expect(foregroundOf(response)).toEqual({ left: 0, top: 0, width: pixels.width, height: pixels.height });
  });

  test.each([
    ['10px', { left: 10, top: 10, right: 10, bottom: 10 }],
    ['10px 30px', { left: 30, top: 10, right: 30, bottom: 10 }],
    ['0px 10px 20px 30px', { left: 30, top: 0, right: 10, bottom: 20 }],
    ['50%', { left: 80, top: 48, right: 80, bottom: 48 }],
    ['25% 0%', { left: 0, top: 24, right: 0, bottom: 24 }],
  ])('crop_margin=%s is room around it', async (margin, wanted) => {
    const response = await post({ crop: 'true', crop_margin: margin });

    const { left, top, width, height } = foregroundOf(response);
    const pixels = await pixelsOf(response);
    const found = [left, top, pixels.width - left - width, pixels.height - top - height];
    // Shares are of a subject that the network sees to within a cell.
    const tolerance = margin.includes('%') ? GRID_PX : 0;
    expect(near(found, [wanted.left, wanted.top, wanted.right, wanted.bottom])).toBeLessThanOrEqual(tolerance);
  });

  test('false leaves the frame', async () => {
    expect((await pixelsOf(await post({ crop: 'false', crop_margin: '30px' }))).width).toBe(320);
  });
});

describe('roi', () => {
  test.each(['0% 0% 50% 100%', '0px 0px 160px 192px', '0 0 160px 100%'])('%s is all that is looked at', async (roi) => {
    const response = await post({ roi });

    const pixels = await pixelsOf(response);
    const { left, width } = foregroundOf(response);
    expect([pixels.width, pixels.height]).toEqual([320, 192]);
    expect(near([left, left + width], [BOX.left, 160])).toBeLessThanOrEqual(GRID_PX);
    expect([pixelAt(pixels, 120, 96)[3], pixelAt(pixels, 200, 96)[3]]).toEqual([255, 0]);
  });

  test('of everything is none', async () => {
    const [all, plain] = await Promise.all([post({ roi: '0% 0% 100% 100%' }), post()]);

    expect(Buffer.from(await all.arrayBuffer()).equals(Buffer.from(await plain.arrayBuffer()))).toBe(true);
  });

  test('is in pixels of the photo, whatever the size of the result', async () => {
    const [width, height] = [320 * 4, 192 * 4];
    const roi = `0px 0px ${width / 2}px ${height}px`;

    const response = await postForm(server, { image_file: await boxPhoto(4), size: 'preview', roi });

    const { left, width: found } = foregroundOf(response);
    expect((left + found) / Number(response.headers.get('x-width'))).toBeCloseTo(0.5, 1);
  });
});

describe('scale and position', () => {
  test.each(['10%', '50%', '100%'])('scale=%s is the share of the frame that the subject covers', async (scale) => {
    const response = await post({ scale });

    const { left, top, width, height } = foregroundOf(response);
    const share = Number.parseInt(scale, 10) / 100;
    const pixels = await pixelsOf(response);
    expect([pixels.width, pixels.height]).toEqual([320, 192]);
    expect(Math.max(width / 320, height / 192)).toBeCloseTo(share, 1);
    expect(near([left + width / 2, top + height / 2], CENTRE)).toBeLessThanOrEqual(2);
  });

  test.each([
    ['0%', 0, 0],
    ['100%', 1, 1],
    ['center', 0.5, 0.5],
    ['0% 100%', 0, 1],
    ['25% 75%', 0.25, 0.75],
  ])('position=%s is where in the room that is left it stands', async (position, x, y) => {
    const { left, top, width, height } = foregroundOf(await post({ scale: '50%', position }));

    expect(near([left, top], [(320 - width) * x, (192 - height) * y])).toBeLessThanOrEqual(2);
  });

  test('a position alone keeps the size', async () => {
    const [moved, unmoved] = [await post({ position: '0% 0%' }), await post()].map(foregroundOf);

    expect([moved?.left, moved?.top]).toEqual([0, 0]);
    expect([moved?.width, moved?.height]).toEqual([unmoved?.width, unmoved?.height]);
  });

  test('original is how it was', async () => {
    const [given, plain] = await Promise.all([post({ scale: 'original', position: 'original' }), post()]);

    expect(Buffer.from(await given.arrayBuffer()).equals(Buffer.from(await plain.arrayBuffer()))).toBe(true);
  });
});
