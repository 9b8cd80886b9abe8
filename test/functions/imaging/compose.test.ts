import { expect, test } from 'vitest';
import { compose } from '#functions/imaging/compose.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { type Colour, drawMask, drawPhoto, pixelAt } from '#test/support/rasters.ts';

const PALETTE: Readonly<Record<string, Colour>> = { r: [200, 10, 20], b: [10, 20, 200] };
const image = drawPhoto(PALETTE, 'rb', 'br');
const alpha = { width: 2, height: 2, data: Uint8Array.from(drawMask('#.', '5#').data, (value) => value * 255) };

test('on nothing: colours and opacity, black where invisible', async () => {
  const preset = { content: 'cutout', background: 'transparent' } as const;

  const { raster } = await compose(image, alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 4 });
  expect([...raster.data]).toEqual([200, 10, 20, 255, 0, 0, 0, 0, 10, 20, 200, 127, 200, 10, 20, 255]);
});

test('on a colour: three channels', async () => {
  const preset = { content: 'cutout', background: { r: 255, g: 254, b: 253 } } as const;

  const { raster } = await compose(image, alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 3 });
  expect(pixelAt(raster, 0, 0)).toEqual([200, 10, 20]);
  expect(pixelAt(raster, 1, 0)).toEqual([255, 254, 253]);
  expect(pixelAt(raster, 1, 1)).toEqual([200, 10, 20]);
});

test('the mask alone: one channel, whatever the background', async () => {
  const preset = { content: 'mask', background: { r: 1, g: 2, b: 3 } } as const;

  const { raster } = await compose(image, alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 1 });
  expect([...raster.data]).toEqual([...alpha.data]);
});

test('a smaller photo after a larger one gets exactly its own pixels', async () => {
  const workspace = new Workspace();
  const preset = { content: 'cutout', background: 'transparent' } as const;
  const large = drawPhoto(PALETTE, 'rrrrrr', 'rrrrrr', 'rrrrrr');
  await compose(large, { width: 6, height: 3, data: new Uint8Array(18).fill(255) }, { preset, workspace });

  const { raster } = await compose(image, alpha, { preset, workspace });

  expect(raster.data.length).toBe(16);
  expect(pixelAt(raster, 1, 0)).toEqual([0, 0, 0, 0]);
});
