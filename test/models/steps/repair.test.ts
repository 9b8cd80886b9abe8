import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts, type Products } from '#models/math/products.ts';
import { seededRandom } from '#models/math/random.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { readInput } from '#models/photos.ts';
import { merge } from '#models/steps/merge.ts';
import { observe } from '#models/steps/observe.ts';
import { reconstruct } from '#models/steps/reconstruct.ts';
import { score } from '#models/steps/score.ts';
import { simplify } from '#models/steps/simplify.ts';
import { slice } from '#models/steps/slice.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { largestDifference, runForMask } from '#test/support/models/run-graph.ts';
import { isnetGraph } from '#test/support/models/topologies.ts';
import { randomCut } from '#test/support/models/zeroed.ts';

let folder: string;
let photos: string[];
let products: Products;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-repair-'));
  photos = await writeNoisePhotos(folder, 12);
  products = await openProducts();
});
afterAll(async () => {
  await products.close();
  await rm(folder, { recursive: true, force: true });
});

const form = noiseForm(32);

/** A network whose channel 3 repeats channel 1, so that nothing is lost when either goes. */
function withRepeatedChannel(): Graph {
  const net = network({ height: 32 });
  const wide = net.relu(net.conv(net.input, 8, { name: 'wide' }));
  const graph = net.graph([net.sigmoid(net.conv(net.relu(net.conv(net.maxPool(wide), 4)), 1))]);
  const [weight, bias] = [graph.constants.get('wide.weight'), graph.constants.get('wide.bias')];
  if (weight?.type === 'float32') weight.data.copyWithin(3 * 27, 1 * 27, 2 * 27);
  if (bias?.type === 'float32') bias.data.copyWithin(3, 1, 2);
  return graph;
}

test('moments are the means and mean products of what convolutions read', async () => {
  const graph = withRepeatedChannel();

  const observations = await observe(graph, groupChannels(graph), { photos, form });

  const pooled = observations.get('MaxPool_2');
  const values = await Promise.all(
    photos.map(async (photo) =>
      runForMask(
        { ...graph, outputs: [{ name: 'MaxPool_2', type: 'float32', dims: undefined }] },
        await readInput(photo, form),
      ),
    ),
  );
  const pixels = 16 * 16;
  const mean = (of: (data: Float32Array, pixel: number) => number): number =>
    values.reduce(
      (sum, data) => sum + Array.from({ length: pixels }, (_, p) => of(data, p)).reduce((a, b) => a + b, 0),
      0,
    ) /
    (values.length * pixels);
  expect(pooled?.mean[2]).toBeCloseTo(
    mean((data, p) => data[2 * pixels + p] ?? 0),
    5,
  );
  expect(pooled?.products[2 * 8 + 5]).toBeCloseTo(
    mean((data, p) => (data[2 * pixels + p] ?? 0) * (data[5 * pixels + p] ?? 0)),
    5,
  );
});

test('a channel that repeats another is worth nothing to the residual score', async () => {
  const graph = withRepeatedChannel();
  const groups = groupChannels(graph);
  const observations = await observe(graph, groups, { photos, form });

  const scores = await score(graph, groups, { method: 'residual', seed: 1, observations, products });

  const own = groups.groups[0]?.channels.map((channel) => scores.get(channel) ?? 0) ?? [];
  expect(Math.min(own[1] ?? 1, own[3] ?? 1)).toBeLessThan(1e-6);
  expect(Math.min(...own.filter((_, index) => index !== 1 && index !== 3))).toBeGreaterThan(1e-4);
});

test('merging a channel that repeats another loses nothing', async () => {
  const graph = withRepeatedChannel();
  const groups = groupChannels(graph);
  const cut = new Set(groups.groups[0]?.channels.slice(3, 4));
  const observations = await observe(graph, groups, { photos, form });
  const [photo = ''] = photos;
  const input = await readInput(photo, form);
  const dense = await runForMask(graph, input);

  const merged = slice(await merge(graph, groups, { cut, observations, products }), groups, cut);

  expect(largestDifference(await runForMask(slice(graph, groups, cut), input), dense)).toBeGreaterThan(0.01);
  expect(largestDifference(await runForMask(merged, input), dense)).toBeLessThan(0.002);
});

test('merges although rounding made the moments contradict themselves', async () => {
  const graph = withRepeatedChannel();
  const groups = groupChannels(graph);
  const cut = new Set(groups.groups[0]?.channels.slice(3, 4));
  const observations = await observe(graph, groups, { photos, form });
  const [mean, crossed] = [Float64Array.of(0, 0, 0, 0, 0, 0, 0, 0), new Float64Array(64)];
  for (let i = 0; i < 8; i++) crossed[i * 8 + i] = 1;
  // A correlation of 1.01 cannot be.
  crossed[1] = 1.01;
  crossed[8] = 1.01;
  const odd = new Map(
    [...observations].map(([value, moments]) => [
      value,
      moments.mean.length === 8 ? { mean, products: crossed } : moments,
    ]),
  );

  const merged = await merge(graph, groups, { cut, observations: odd, products });

  const input = await readInput(photos[0] ?? '', form);
  expect((await runForMask(slice(merged, groups, cut), input)).every(Number.isFinite)).toBe(true);
});

test('reconstruction brings a cut network closer to the dense one on photos it never saw', async () => {
  const graph = simplify(isnetGraph({ narrow: 8 }));
  const groups = groupChannels(graph);
  const cut = randomCut(groups, seededRandom(3), 0.5);
  const large = noiseForm(64);
  const observations = await observe(graph, groups, { photos, form: large });
  const merged = slice(await merge(graph, groups, { cut, observations, products }), groups, cut);
  const parts = { groups, cut, products };

  const repaired = await reconstruct(graph, merged, parts, {
    photos: photos.slice(0, 10),
    form: large,
    ridge: 1e-3,
    seed: 1,
  });

  const unseen = photos.slice(10);
  const errorOf = async (other: Graph): Promise<number> => {
    let sum = 0;
    for (const photo of unseen) {
      const input = await readInput(photo, large);
      const [a, b] = [await runForMask(other, input), await runForMask(graph, input)];
      sum += a.reduce((error, value, i) => error + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
    }
    return sum;
  };
  const [cutOnly, afterMerge, afterRepair] = [
    await errorOf(slice(graph, groups, cut)),
    await errorOf(merged),
    await errorOf(repaired),
  ];
  expect(afterRepair).toBeLessThan(0.7 * cutOnly);
  expect(afterRepair).toBeLessThan(0.7 * afterMerge);
});

// Two repairs of a whole network, one with every layer fitted many times: half a minute where the machine is busy.
test('layers that are fitted as serves photos held back come closer still where photos are few', {
  timeout: 120_000,
}, async () => {
  const graph = simplify(isnetGraph({ narrow: 8 }));
  const groups = groupChannels(graph);
  const cut = randomCut(groups, seededRandom(3), 0.3);
  const large = noiseForm(64);
  const observations = await observe(graph, groups, { photos, form: large });
  const merged = slice(await merge(graph, groups, { cut, observations, products }), groups, cut);
  const repairWith = (heldBack?: number): Promise<Graph> =>
    reconstruct(
      graph,
      merged,
      { groups, cut, products },
      { photos: photos.slice(0, 6), form: large, ridge: 1e-3, narrow: 0.15, seed: 1, heldBack },
    );

  const [plain, chosen] = [await repairWith(), await repairWith(1 / 3)];

  let [plainError, chosenError] = [0, 0];
  for (const photo of photos.slice(6)) {
    const input = await readInput(photo, large);
    const dense = await runForMask(graph, input);
    const errorOf = async (other: Graph): Promise<number> =>
      (await runForMask(other, input)).reduce((sum, value, i) => sum + Math.abs(value - (dense[i] ?? 0)), 0);
    plainError += await errorOf(plain);
    chosenError += await errorOf(chosen);
  }
  expect(chosenError).toBeLessThan(0.9 * plainError);
});

test('an uncut network is left as it is', async () => {
  const graph = simplify(isnetGraph({ narrow: 16 }));
  const groups = groupChannels(graph);
  const large = noiseForm(64);
  const options = { photos: photos.slice(0, 4), form: large, ridge: 1e-3, seed: 1 };
  const [photo = ''] = photos;
  const input = await readInput(photo, large);

  const repaired = await reconstruct(graph, graph, { groups, cut: new Set(), products }, options);

  expect(largestDifference(await runForMask(repaired, input), await runForMask(graph, input))).toBeLessThan(1e-3);
});

test('a repair whose open values lie in files gives the same bytes', async () => {
  const graph = simplify(isnetGraph({ narrow: 16 }));
  const groups = groupChannels(graph);
  const cut = randomCut(groups, seededRandom(3), 0.5);
  const options = { photos: photos.slice(0, 3), form: noiseForm(64), ridge: 1e-3, seed: 1 };
  const repairWith = (restingBytes: number): Promise<Graph> =>
    reconstruct(graph, slice(graph, groups, cut), { groups, cut, products }, { ...options, restingBytes });

  const [inMemory, inFiles] = [await repairWith(1e9), await repairWith(0)];

  expect(Buffer.compare(encodeModel(inFiles), encodeModel(inMemory))).toBe(0);
});
