import { expect, test } from 'vitest';
import { compose } from '#functions/imaging/compose.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { type Colour, drawMask, drawPhoto, pixelAt } from '#test/support/rasters.ts';

const PALETTE: Readonly<Record<string, Colour>> = { r: [200, 10, 20], b: [10, 20, 200] };
const photo = () => drawPhoto(PALETTE, 'rb', 'br');
const alpha = { width: 2, height: 2, data: Uint8Array.from(drawMask('#.', '5#').data, (value) => value * 255) };

test('on nothing: colours and opacity, black where invisible', async () => {
  const preset = { content: 'cutout', background: 'transparent' } as const;

  const { raster } = await compose(photo(), alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 3 });
  expect([...raster.data]).toEqual([200, 10, 20, 0, 0, 0, 10, 20, 200, 200, 10, 20]);
  expect(raster.alpha).toEqual(alpha.data);
});

test('on a colour: three channels', async () => {
  const preset = { content: 'cutout', background: { r: 255, g: 254, b: 253 } } as const;

  const { raster } = await compose(photo(), alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 3 });
  expect(pixelAt(raster, 0, 0)).toEqual([200, 10, 20]);
  expect(pixelAt(raster, 1, 0)).toEqual([255, 254, 253]);
  expect(pixelAt(raster, 1, 1)).toEqual([200, 10, 20]);
});

test('the mask alone: one channel, whatever the background', async () => {
  const preset = { content: 'mask', background: { r: 1, g: 2, b: 3 } } as const;

  const { raster } = await compose(photo(), alpha, { preset, workspace: new Workspace() });

  expect(raster).toMatchObject({ width: 2, height: 2, channels: 1 });
  expect([...raster.data]).toEqual([...alpha.data]);
});

test('a smaller photo after a larger one gets exactly its own pixels', async () => {
  const workspace = new Workspace();
  const preset = { content: 'cutout', background: { r: 255, g: 254, b: 253 } } as const;
  const large = drawPhoto(PALETTE, 'rrrrrr', 'rrrrrr', 'rrrrrr');
  await compose(large, { width: 6, height: 3, data: new Uint8Array(18).fill(255) }, { preset, workspace });

  const { raster } = await compose(photo(), alpha, { preset, workspace });

  expect(raster.data.length).toBe(12);
  expect(pixelAt(raster, 1, 0)).toEqual([255, 254, 253]);
});

test.each([
  ['a colour', { background: { r: 255, g: 254, b: 253 } }],
  ['a frame', { background: { r: 255, g: 254, b: 253 }, layout: { canvas: { width: 9, height: 9 }, enlarge: true } }],
  ['a shadow', { background: 'transparent', shadow: { kind: 'drop' } }],
] as const)('a cutout that was made before does not show in %s', async (_, look) => {
  const cut = photo();
  const workspace = new Workspace();
  await compose(cut, alpha, { preset: { content: 'cutout', background: 'transparent' }, workspace });

  const after = await compose(cut, alpha, { preset: { content: 'cutout', ...look }, workspace });
  const alone = await compose(photo(), alpha, { preset: { content: 'cutout', ...look }, workspace: new Workspace() });

  expect(after.raster).toEqual(alone.raster);
});
