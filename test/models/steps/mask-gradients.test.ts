import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts, type Products } from '#models/math/products.ts';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { readInput } from '#models/photos.ts';
import { maskGradients } from '#models/steps/mask-gradients.ts';
import { reconstruct } from '#models/steps/reconstruct.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { runForMask } from '#test/support/models/run-graph.ts';

let folder: string;
let photos: string[];
let products: Products;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-gradients-'));
  photos = await writeNoisePhotos(folder, 8);
  products = await openProducts();
});
afterAll(async () => {
  await products.close();
  await rm(folder, { recursive: true, force: true });
});

const form = noiseForm(32);

test('is the mean square that the mask changes by for a small deviation of a channel', async () => {
  const net = network({ height: 32 });
  const layer = net.conv(net.input, 3, { name: 'layer' });
  const unread = net.conv(net.input, 2, { name: 'unread' });
  const hidden = net.relu(net.conv(layer, 4, { name: 'next' }));
  const graph = net.graph([net.sigmoid(net.conv(hidden, 1)), unread]);
  const few = photos.slice(0, 2);

  const found = await maskGradients(
    graph,
    new Map([
      [layer, 3],
      [unread, 2],
    ]),
    { photos: Array.from({ length: 40 }, () => few).flat(), form, seed: 1 },
  );

  expect(found.get(unread)).toEqual(new Float64Array(2));
  // A deviation at each pixel by itself: a random sign, of which 40 draws are taken.
  for (const channel of [0, 1, 2]) {
    let squares = 0;
    for (const photo of few) {
      const input = await readInput(photo, form);
      for (let draw = 0; draw < 40; draw++) squares += (await changeWith(graph, { layer, channel, input, draw })) / 80;
    }
    expect((found.get(layer)?.[channel] ?? 0) / squares).toBeGreaterThan(0.8);
    expect((found.get(layer)?.[channel] ?? 0) / squares).toBeLessThan(1.25);
  }
});

/** Sum of the squares that the mask changes by when a channel changes by a sign a pixel. */
async function changeWith(
  graph: Graph,
  { layer, channel, input, draw }: { layer: string; channel: number; input: Float32Array; draw: number },
): Promise<number> {
  const size = 1e-3;
  const random = seededRandom(draw);
  const deviation = new Float32Array(3 * 32 * 32);
  for (let at = 0; at < 32 * 32; at++) deviation[channel * 32 * 32 + at] = size * (2 * random.integer(2) - 1);
  const nodes = graph.nodes.flatMap((node) =>
    node.outputs[0] === layer
      ? [
          { ...node, outputs: ['whole'] },
          {
            ...node,
            name: 'deviated',
            op: 'Add',
            inputs: ['whole', 'deviation'],
            outputs: [layer],
            attributes: new Map(),
          },
        ]
      : [node],
  );
  const constants = new Map(graph.constants).set('deviation', float32Tensor([1, 3, 32, 32], deviation));
  const [whole, changed] = [await runForMask(graph, input), await runForMask({ ...graph, nodes, constants }, input)];
  return whole.reduce((sum, value, i) => sum + ((value - (changed[i] ?? 0)) / size) ** 2, 0);
}

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
