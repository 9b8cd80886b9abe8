import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts, type Products } from '#models/math/products.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor, floatsOf } from '#models/onnx/tensor.ts';
import { atMindedPlaces, CANDIDATES } from '#models/steps/minded-places.ts';
import { reconstruct } from '#models/steps/reconstruct.ts';
import { sampledConvs } from '#models/steps/sampled-convs.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';

const SIZE = 32;
const form = noiseForm(SIZE);
let folder: string;
let products: Products;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-minded-'));
  products = await openProducts();
});
afterAll(async () => {
  await products.close();
  await rm(folder, { recursive: true, force: true });
});

/** A mask that is what a layer gives where the photo is bright, and nothing, whatever the layer gives, where it is dark. */
function brightOnly(): Graph {
  const net = network({ height: SIZE });
  const layer = net.conv(net.input, 1, { kernel: 1, name: 'layer' });
  const unread = net.conv(net.input, 2, { name: 'unread' });
  const graph = net.graph([net.relu(layer), unread]);
  const constants = new Map(graph.constants)
    .set('layer.weight', float32Tensor([1, 3, 1, 1], Float32Array.of(1, 1, 1)))
    .set('layer.bias', float32Tensor([1], Float32Array.of(0)));
  return { ...graph, constants };
}

/** Bright on the left, dark on the right. */
async function writeHalves(): Promise<string> {
  const file = join(folder, 'halves.png');
  const data = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) =>
    Math.floor(at / 3) % SIZE < SIZE / 2 ? 230 : 20,
  );
  await sharp(data, { raw: { width: SIZE, height: SIZE, channels: 3 } }).toFile(file);
  return file;
}

test('places that the mask minds are drawn oftener, a quarter of all on the rim', async () => {
  const graph = brightOnly();
  const parts = { groups: groupChannels(graph), cut: new Set<number>() };
  // 1152 numbers a layer, at 64 places of each of 18 photos.
  const sampled = sampledConvs(graph, graph, parts, { photos: 18, equations: 1, candidates: CANDIDATES, seed: 1 });
  const halves = await writeHalves();
  const photos = Array.from({ length: 18 }, () => halves);

  const convs = await atMindedPlaces(graph, sampled, { photos, form, seed: 1 });

  const shareOf = (output: string, is: (x: number, y: number) => boolean): number => {
    const conv = convs.find((candidate) => candidate.output === output);
    const drawn = conv?.placed ?? [];
    expect(drawn).toHaveLength(18);
    const chosen = drawn.flatMap((rows) => {
      expect(new Set(rows).size).toBe(64);
      return [...rows].map((row) => conv?.positions[row] ?? -1);
    });
    return chosen.filter((place) => is(place % SIZE, Math.floor(place / SIZE))).length / chosen.length;
  };
  const isBright = (x: number): boolean => x < SIZE / 2;
  const isRim = (x: number, y: number): boolean => [0, SIZE - 1].includes(x) || [0, SIZE - 1].includes(y);
  expect(shareOf('layer', isBright)).toBeGreaterThan(0.75);
  expect(shareOf('layer', isRim)).toBe(0.25);
  // The mask doesn't depend on it.
  expect(shareOf('unread', isBright)).toBeGreaterThan(0.4);
  expect(shareOf('unread', isBright)).toBeLessThan(0.6);
});

test('an uncut network is left as it is when it is fitted where the mask minds it', async () => {
  const net = network({ height: SIZE });
  const x = net.relu(net.conv(net.input, 8));
  const graph = net.graph([net.sigmoid(net.conv(net.relu(net.conv(x, 8)), 1))]);
  const photos = await writeNoisePhotos(folder, 12, SIZE);
  const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };

  const repaired = await reconstruct(graph, graph, parts, { photos, form, ridge: 1e-9, minded: true, seed: 1 });

  for (const [name, tensor] of graph.constants) {
    const [was, is] = [floatsOf(tensor, name), floatsOf(repaired.constants.get(name) ?? tensor, name)];
    for (const [at, value] of was.entries()) expect(is[at]).toBeCloseTo(value, 2);
  }
});
