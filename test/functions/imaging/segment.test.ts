import { describe, expect, test } from 'vitest';
import { ModelManifest } from '#functions/contract/manifest.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { boxOnWhite, paint } from '#test/support/rasters.ts';
import { TINY_SIZE, tinyModel } from '#test/support/tiny-model.ts';

async function openTiny(change: Partial<ModelManifest> = {}): Promise<Segmenter> {
  const { bytes, manifest } = tinyModel();
  return await Segmenter.open(bytes, ModelManifest.parse({ ...manifest, ...change }));
}

/** A network `[1, 3, height, width] -> [1, 1, height, width]` of one 1 x 1 convolution and whatever comes after it. */
function network(weights: readonly number[], { width = 4, height = 4, last = 'Identity' } = {}) {
  const bytes = encodeModel({
    name: 'one convolution',
    opset: 17,
    inputs: [{ name: 'photo', type: 'float32', dims: [1, 3, height, width] }],
    outputs: [{ name: 'mask', type: 'float32', dims: [1, 1, height, width] }],
    nodes: [
      { name: 'mix', op: 'Conv', inputs: ['photo', 'weight'], outputs: ['mixed'], attributes: new Map() },
      { name: 'last', op: last, inputs: ['mixed'], outputs: ['mask'], attributes: new Map() },
    ],
    constants: new Map([['weight', float32Tensor([1, 3, 1, 1], Float32Array.from(weights))]]),
    hints: [],
  });
  const { manifest } = tinyModel();
  return { bytes, manifest: ModelManifest.parse({ ...manifest, input: { ...manifest.input, width, height } }) };
}

function valueAt({ width, data }: Mask, x: number, y: number): number {
  return data[y * width + x] ?? Number.NaN;
}

describe('the tiny network of these tests', () => {
  test('is sure of a dark box on white, and of nothing else, at its own size', async () => {
    const box = { left: 8, top: 30, width: 16, height: 20 };
    const segmenter = await openTiny();

    const mask = await segmenter.segment(boxOnWhite({ width: TINY_SIZE, height: TINY_SIZE }, box));

    expect([mask.width, mask.height]).toEqual([TINY_SIZE, TINY_SIZE]);
    for (let y = 0; y < TINY_SIZE; y++) {
      for (let x = 0; x < TINY_SIZE; x++) {
        const isInside = x >= 8 && x < 24 && y >= 30 && y < 50;
        if (isInside) expect(valueAt(mask, x, y), `(${x}, ${y})`).toBeGreaterThan(0.99);
        else expect(valueAt(mask, x, y), `(${x}, ${y})`).toBeLessThan(0.01);
      }
    }
  });
});

describe('a photo of any size', () => {
  test.each([
    [640, 320],
    [320, 640],
    [65, 63],
    [16, 16],
  ])("%d x %d is squeezed to the network's size, the subject in its place", async (width, height) => {
    const box = { left: width / 4, top: height / 2, width: width / 4, height: height / 4 };
    const segmenter = await openTiny();

    const mask = await segmenter.segment(boxOnWhite({ width, height }, box));

    expect([mask.width, mask.height]).toEqual([TINY_SIZE, TINY_SIZE]);
    expect(valueAt(mask, TINY_SIZE * 0.375, TINY_SIZE * 0.625)).toBeGreaterThan(0.99);
    expect(valueAt(mask, TINY_SIZE * 0.125, TINY_SIZE * 0.625)).toBeLessThan(0.01);
    expect(valueAt(mask, TINY_SIZE * 0.625, TINY_SIZE * 0.625)).toBeLessThan(0.01);
    expect(valueAt(mask, TINY_SIZE * 0.375, TINY_SIZE * 0.25)).toBeLessThan(0.01);
  });

  test.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
  ])('%d x %d works', async (width, height) => {
    const mask = await (await openTiny()).segment(paint(width, height, () => [0, 0, 0]));

    expect(mask.data.every((value) => value > 0.99)).toBe(true);
  });

  test('a symmetrical photo has a symmetrical mask: nothing is shifted', async () => {
    const box = { left: 90, top: 90, width: 120, height: 120 };
    const mask = await (await openTiny()).segment(boxOnWhite({ width: 300, height: 300 }, box));

    mask.data.forEach((value, i) => {
      expect(Math.abs(value - (mask.data[mask.data.length - 1 - i] ?? Number.NaN))).toBeLessThan(0.01);
    });
  });
});

describe('what reaches the network', () => {
  test.each([
    ['red', [1, 0, 0], 0],
    ['green', [0, 1, 0], 1],
    ['blue', [0, 0, 1], 2],
  ] as const)('the %s plane is %s', async (_, weights, channel) => {
    const { bytes, manifest } = network(weights);
    const segmenter = await Segmenter.open(bytes, manifest);

    const mask = await segmenter.segment(paint(4, 4, () => [51, 102, 204]));

    const expected = [51, 102, 204].map((value) => value / 255)[channel] ?? Number.NaN;
    for (const value of mask.data) expect(value).toBeCloseTo(expected, 5);
  });

  test('a network that is wider than high gets rows as rows', async () => {
    const { bytes, manifest } = network([1, 0, 0], { width: 8, height: 4 });
    const segmenter = await Segmenter.open(bytes, manifest);

    const mask = await segmenter.segment(paint(8, 4, (x, y) => [x * 8 + y * 64, 0, 0]));

    expect([mask.width, mask.height]).toEqual([8, 4]);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 8; x++) expect(valueAt(mask, x, y)).toBeCloseTo((x * 8 + y * 64) / 255, 5);
    }
  });
});

describe('what comes back is 0..1', () => {
  const photo = paint(4, 4, (x) => [x * 80, 0, 0]);

  test.each([
    ['not a number is background', [-1, 0, -1], 'Log', photo],
    ['negative is background', [-5, 0, 0], 'Identity', photo],
    ['beyond 1 is 1', [1000, 0, 0], 'Identity', photo],
    ['infinite is 1', [1, 0, 0], 'Reciprocal', photo],
  ] as const)('%s', async (_, weights, last, image) => {
    const { bytes, manifest } = network(weights, { last });
    const segmenter = await Segmenter.open(bytes, manifest);

    const mask = await segmenter.segment(image);

    for (const value of mask.data) expect(value >= 0 && value <= 1).toBe(true);
    const [first, second] = mask.data;
    const expected = { Log: [0, 0], Reciprocal: [1, 1], Identity: weights[0] < 0 ? [0, 0] : [0, 1] }[last];
    expect([first, second]).toEqual(expected);
  });
});

test("a second photo does not change the first one's mask, and gets its own", async () => {
  const segmenter = await openTiny();
  const dark = await segmenter.segment(paint(64, 64, () => [0, 0, 0]));

  const white = await segmenter.segment(paint(64, 64, () => [255, 255, 255]));

  expect(dark.data.every((value) => value > 0.99)).toBe(true);
  expect(white.data.every((value) => value < 0.01)).toBe(true);
});

test('bytes that are no network are refused when it is opened', async () => {
  const { manifest } = tinyModel();

  await expect(Segmenter.open(new Uint8Array(100), manifest)).rejects.toThrow();
});

test('a manifest that names another output fails at the first photo, naming it', async () => {
  const segmenter = await openTiny({ output: { name: 'alpha' } });

  await expect(segmenter.segment(paint(4, 4, () => [0, 0, 0]))).rejects.toThrow(/alpha/);
});
