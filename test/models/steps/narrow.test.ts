import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts, type Products } from '#models/math/products.ts';
import { costOf } from '#models/onnx/cost.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { inferShapes, shapeOf } from '#models/onnx/infer-shapes.ts';
import { readInput } from '#models/photos.ts';
import { reconstruct } from '#models/steps/reconstruct.ts';
import { simplify } from '#models/steps/simplify.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { largestDifference, runForMask } from '#test/support/models/run-graph.ts';
import { isnetGraph } from '#test/support/models/topologies.ts';

let folder: string;
let photos: string[];
let products: Products;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-narrow-'));
  photos = await writeNoisePhotos(folder, 12);
  products = await openProducts();
});
afterAll(async () => {
  await products.close();
  await rm(folder, { recursive: true, force: true });
});

const form = noiseForm(32);

/** Makes the layer `mixed`, of 48 filters, vary along 16 axes: filters 16 and up become sums of two of the first 16. */
function mixFilters({ constants }: Graph): void {
  const weight = constants.get('mixed.weight');
  if (weight?.type !== 'float32') return;
  const taps = weight.data.length / 48;
  for (let o = 16; o < 48; o++) {
    for (let tap = 0; tap < taps; tap++) {
      const [a, b] = [weight.data[(o % 16) * taps + tap] ?? 0, weight.data[((o * 7) % 16) * taps + tap] ?? 0];
      weight.data[o * taps + tap] = (a - b) / 2;
    }
  }
}

test.each(['all', 'late'] as const)(
  'a layer whose outputs vary along few axes is narrowed and loses nothing, fitted: %s',
  async (fit) => {
    const net = network({ height: 32 });
    const wide = net.conv(net.relu(net.conv(net.input, 32)), 48, { name: 'mixed' });
    const graph = net.graph([net.sigmoid(net.conv(net.relu(wide), 1))]);
    mixFilters(graph);
    const groups = groupChannels(graph);
    const options = { photos: photos.slice(0, 8), form, ridge: 1e-4, narrow: 0.4, fit, seed: 1 };

    const narrowed = await reconstruct(graph, graph, { groups, cut: new Set(), products }, options);

    expect(costOf(narrowed).parameters).toBeLessThanOrEqual(0.6 * costOf(graph).parameters);
    const input = await readInput(photos[9] ?? '', form);
    expect(largestDifference(await runForMask(narrowed, input), await runForMask(graph, input))).toBeLessThan(2e-3);
    const whole = narrowed.nodes.filter(({ op, name }) => op === 'Conv' && !name.includes('mixed'));
    const kept = whole.filter(
      ({ inputs }) => narrowed.constants.get(inputs[1] ?? '') === graph.constants.get(inputs[1] ?? ''),
    );
    expect(kept).toHaveLength(fit === 'late' ? whole.length : 0);
  },
);

/** Makes the layer `mixed`, of 48 filters, read 16 sums of its first 64 channels. */
function readSums({ constants }: Graph): void {
  const weight = constants.get('mixed.weight');
  if (weight?.type !== 'float32') return;
  const channels = weight.data.length / 48 / 9;
  const at = (o: number, channel: number, tap: number): number => (o * channels + channel) * 9 + tap;
  for (let o = 0; o < 48; o++) {
    for (let channel = 16; channel < 64; channel++) {
      const share = ((channel * 7) % 5) - 2;
      for (let tap = 0; tap < 9; tap++) {
        weight.data[at(o, channel, tap)] = share * (weight.data[at(o, channel % 16, tap)] ?? 0);
      }
    }
  }
}

const mixedNodes = ({ nodes }: Graph): string[] =>
  nodes.flatMap(({ op, name }) => (op === 'Conv' && name.startsWith('mixed') ? [name] : []));

test.each([{ fit: 'all' }, { fit: 'all', heldBack: 0.3 }, { fit: 'late' }] as const)(
  'a layer that reads few axes is read along them and loses nothing, with %o',
  async (fitting) => {
    const net = network({ height: 32 });
    const wide = net.conv(net.relu(net.conv(net.input, 64)), 48, { name: 'mixed' });
    const graph = net.graph([net.sigmoid(net.conv(net.relu(wide), 1))]);
    readSums(graph);
    const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };
    const told: string[] = [];
    const options = {
      photos: photos.slice(0, 9),
      form,
      ridge: 1e-4,
      narrow: 0.57,
      bothSides: true,
      minded: true,
      equations: 8,
      seed: 1,
      onStep: (step: string, detail: string) => told.push(`${step} ${detail}`),
    };

    const narrowed = await reconstruct(graph, graph, parts, { ...options, ...fitting });

    expect(mixedNodes(narrowed)).toEqual(['mixed.read', 'mixed.narrow', 'mixed']);
    const { parameters, macs } = costOf(narrowed);
    expect(parameters).toBeLessThanOrEqual(0.43 * costOf(graph).parameters);
    expect(told.find((line) => line.startsWith('narrow'))).toBe(
      `narrow 1 of 3 layers, to ${(parameters / 1e6).toFixed(2)} M parameters, ${(macs / 1e9).toFixed(2)} GMAC`,
    );
    const input = await readInput(photos[9] ?? '', form);
    expect(largestDifference(await runForMask(narrowed, input), await runForMask(graph, input))).toBeLessThan(3e-3);
  },
);

/** A network whose layer `mixed` reads some channels that are enlarged, by middle taps alone, which commute with enlarging, and 16 that are not. */
function readsEnlarged(channels: number): Graph {
  const net = network({ height: 32 });
  const fine = net.relu(net.conv(net.input, 16));
  const small = net.relu(net.conv(net.maxPool(fine), channels));
  const wide = net.conv(net.concat([net.enlarge(small, 2), fine]), 48, { name: 'mixed' });
  const graph = net.graph([net.sigmoid(net.conv(net.relu(wide), 1))]);
  const weight = graph.constants.get('mixed.weight');
  if (weight?.type === 'float32') {
    const taps = weight.data.length / 48;
    weight.data.forEach((_, i) => {
      if (i % taps < channels * 9 && i % 9 !== 4) weight.data[i] = 0;
    });
  }
  return graph;
}

test.each(['all', 'late'] as const)(
  'what is enlarged afterwards is read along few axes before, fitted: %s',
  async (fit) => {
    const graph = readsEnlarged(64);
    readSums(graph);
    const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };
    const options = { photos: photos.slice(0, 9), form, ridge: 1e-4, unit: 'macs', equations: 8, seed: 1 } as const;

    const narrowed = await reconstruct(graph, graph, parts, {
      ...options,
      narrow: 0.55,
      late: true,
      bothSides: true,
      fit,
    });

    expect(mixedNodes(narrowed)).toEqual(['mixed.read', 'mixed.narrow', 'mixed.narrow.1', 'mixed']);
    expect(narrowed.nodes.filter(({ op }) => op === 'Resize').map(({ name }) => name)).toEqual([
      expect.stringContaining('.narrow'),
    ]);
    const input = await readInput(photos[9] ?? '', form);
    expect(largestDifference(await runForMask(narrowed, input), await runForMask(graph, input))).toBeLessThan(3e-3);
  },
);

/** The layer `large` has many pixels and outputs that vary along many axes, `small` few of both. */
function largeAndSmall() {
  const net = network({ height: 32 });
  const large = net.relu(net.conv(net.relu(net.conv(net.input, 32)), 48, { name: 'large' }));
  const few = net.conv(net.maxPool(net.maxPool(large)), 16, { kernel: 1 });
  const small = net.relu(net.conv(net.conv(few, 32, { kernel: 1 }), 48, { name: 'small' }));
  const graph = net.graph([net.sigmoid(net.conv(small, 1))]);
  const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };
  const options = { photos: photos.slice(0, 8), form, ridge: 1e-3, narrow: 0.15, seed: 1 };
  const narrowed = (counting: { speed: number } | { macs: number }): Promise<Graph> =>
    reconstruct(graph, graph, parts, { ...options, ...counting });
  return { graph, narrowed };
}

const narrowIn = ({ nodes }: Graph): string[] =>
  nodes.map(({ name }) => name).filter((name) => name.endsWith('.narrow'));

test('where speed counts, a layer of many pixels is narrowed though its outputs vary along more axes', async () => {
  const { narrowed } = largeAndSmall();

  expect(narrowIn(await narrowed({ speed: 0 }))).toEqual(['small.narrow']);
  expect(narrowIn(await narrowed({ speed: 10 }))).toContain('large.narrow');
});

test('speed counts as much as it takes for a share of the MACs', async () => {
  const { graph, narrowed } = largeAndSmall();

  const [slow, fast] = [await narrowed({ macs: 0.999 }), await narrowed({ macs: 0.7 })];

  expect(narrowIn(slow)).toEqual(['small.narrow']);
  expect(narrowIn(fast)).toContain('large.narrow');
  expect(costOf(fast).macs).toBeLessThanOrEqual(0.7 * costOf(graph).macs);
  await expect(narrowed({ macs: 0.01 })).rejects.toThrow(/macs of at least 0\.\d+/);
});

test('a narrowed network has channels of like size in the narrow place', async () => {
  const graph = simplify(isnetGraph({ narrow: 8 }));
  const groups = groupChannels(graph);
  const large = noiseForm(64);
  const options = { photos, form: large, ridge: 1e-3, narrow: 0.3, seed: 1 };

  const narrowed = await reconstruct(graph, graph, { groups, cut: new Set(), products }, options);

  const name = narrowed.nodes.flatMap(({ outputs }) => outputs).find((value) => value.endsWith('.narrow')) ?? '';
  const seen = { ...narrowed, outputs: [{ name, type: 'float32' as const, dims: undefined }] };
  const values = await Promise.all(photos.map(async (photo) => runForMask(seen, await readInput(photo, large))));
  const channels = shapeOf(inferShapes(narrowed), name)[1] ?? 1;
  const variances = Array.from({ length: channels }, (_, channel) => {
    const own = values.flatMap((data) => {
      const pixels = data.length / channels;
      return [...data.subarray(channel * pixels, (channel + 1) * pixels)];
    });
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    expect(Math.abs(mean)).toBeLessThan(0.5);
    return own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
  });
  // Places on the rim count for more in the fit than here.
  const middle = variances.toSorted((a, b) => a - b)[channels >> 1];
  expect(middle).toBeGreaterThan(0.3);
  expect(middle).toBeLessThan(3);
});

test.each(['all', 'late'] as const)(
  'a narrow layer is computed before what it reads is enlarged, fitted: %s',
  async (fit) => {
    const graph = readsEnlarged(32);
    mixFilters(graph);
    const parts = { groups: groupChannels(graph), cut: new Set<number>(), products };
    const options = {
      photos: photos.slice(0, 9),
      form,
      ridge: 1e-4,
      unit: 'macs',
      equations: 8,
      fit,
      seed: 1,
    } as const;

    const plain = await reconstruct(graph, graph, parts, { ...options, narrow: 0.55 });
    const late = await reconstruct(graph, graph, parts, { ...options, narrow: 0.65, late: true });

    const input = await readInput(photos[9] ?? '', form);
    expect(late.nodes.filter(({ op }) => op === 'Resize').map(({ name }) => name)).toEqual([
      expect.stringContaining('.narrow'),
    ]);
    expect(costOf(late).macs).toBeLessThan(0.8 * costOf(plain).macs);
    expect(largestDifference(await runForMask(late, input), await runForMask(graph, input))).toBeLessThan(3e-3);
  },
);
