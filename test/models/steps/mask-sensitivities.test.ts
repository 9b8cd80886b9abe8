import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts, type Products } from '#models/math/products.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { readInput } from '#models/photos.ts';
import { maskSensitivities } from '#models/steps/mask-sensitivities.ts';
import { reconstruct } from '#models/steps/reconstruct.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { runForMask } from '#test/support/models/run-graph.ts';

let folder: string;
let photos: string[];
let products: Products;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-sensitivities-'));
  photos = await writeNoisePhotos(folder, 8);
  products = await openProducts();
});
afterAll(async () => {
  await products.close();
  await rm(folder, { recursive: true, force: true });
});

const form = noiseForm(32);

test('is the mean square of what a layer loses, as the mask reads it, for the share that is lost', async () => {
  const net = network({ height: 32 });
  const layer = net.conv(net.input, 3, { name: 'layer' });
  const unread = net.conv(net.input, 2, { name: 'unread' });
  const graph = net.graph([net.conv(layer, 1, { kernel: 1, name: 'mask' }), unread]);
  const reading = graph.constants.get('mask.weight')?.data as Float32Array;
  // The second of the two that are kept varies least, so it is what is left out.
  const covariance = Float64Array.of(1, 0, 0, 0.02);
  const mean = Float64Array.of(5, -0.25);
  const spread = { mean, covariance, worth: Float64Array.of(1, 1), variances: Float64Array.of(1, 0.02) };

  const found = await maskSensitivities(
    graph,
    [
      { output: layer, kept: [0, 2], ...spread },
      { output: unread, kept: [0, 1], ...spread },
    ],
    { photos: photos.slice(0, 3), form },
  );

  const seen: Graph = { ...graph, outputs: [{ name: layer, type: 'float32', dims: undefined }] };
  let squares = 0;
  for (const photo of photos.slice(0, 3)) {
    const left = (await runForMask(seen, await readInput(photo, form))).slice(2 * 32 * 32);
    const ofOne = left.reduce((sum, value) => sum + ((reading[2] ?? 0) * (value + 0.25)) ** 2, 0) / left.length;
    squares += ofOne / 3;
  }
  expect(found.get(layer)).toBeCloseTo(squares / (0.02 / 1.02), 3);
  expect(found.get(unread)).toBe(0);
});

/** Two branches; what the layer `plain` gives varies along 16 axes, what `rich` gives along all 48, and the mask hardly reads `rich`. */
function twoBranches(): Graph {
  const net = network({ height: 32 });
  const [plain, rich] = ['plain', 'rich'].map((name) => {
    return net.relu(net.conv(net.relu(net.conv(net.input, 32)), 48, { name }));
  }) as [string, string];
  const graph = net.graph([net.sigmoid(net.conv(net.concat([plain, rich]), 1, { name: 'mask' }))]);
  const [filters, reading] = ['plain.weight', 'mask.weight'].map((name) => graph.constants.get(name)?.data) as [
    Float32Array,
    Float32Array,
  ];
  const taps = filters.length / 48;
  // Nearly, so that it pays to leave it whole where it counts.
  for (let at = 16 * taps; at < filters.length; at++) {
    filters[at] = 0.3 * (filters[at] ?? 0) + (filters[at % (16 * taps)] ?? 0);
  }
  for (let at = reading.length / 2; at < reading.length; at++) reading[at] = 1e-3 * (reading[at] ?? 0);
  return graph;
}

test('layers become narrow first where the mask minds it least', async () => {
  const graph = twoBranches();
  const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };
  const options = { photos, form, ridge: 1e-3, narrow: 0.25, seed: 1 };
  const narrowedAt = async (weighedOn: number): Promise<string[]> => {
    const { nodes } = await reconstruct(graph, graph, parts, { ...options, weighedOn });
    return nodes.map(({ name }) => name).filter((name) => name.endsWith('.narrow'));
  };

  expect(await narrowedAt(0)).toEqual(['plain.narrow']);
  expect(await narrowedAt(2)).toEqual(['rich.narrow']);
});
