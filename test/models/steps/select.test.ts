import { expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { openProducts } from '#models/math/products.ts';
import { costOf } from '#models/onnx/cost.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { type CostUnit, costModel } from '#models/steps/cost-model.ts';
import { measureTimes } from '#models/steps/measure-times.ts';
import { type Scores, score } from '#models/steps/score.ts';
import { SELECT_DEFAULTS, select } from '#models/steps/select.ts';
import { simplify } from '#models/steps/simplify.ts';
import { slice } from '#models/steps/slice.ts';
import { network } from '#test/support/models/network.ts';
import { isnetGraph } from '#test/support/models/topologies.ts';

const isnet = simplify(isnetGraph({ narrow: 4 }));
const groups = groupChannels(isnet);

async function scoresOf(graph: Graph, method: 'l1' | 'random' | 'bn-gamma'): Promise<Scores> {
  const products = await openProducts();
  const scores = await score(graph, groupChannels(graph), { method, seed: 1, products });
  await products.close();
  return scores;
}

test.each(['per-cost', 'global', 'uniform'] as const)(
  '%s: takes away the share of parameters asked for, and little more',
  async (mode) => {
    const scores = await scoresOf(isnet, 'random');

    const cut = select(groups, scores, costModel(isnet, groups, 'parameters'), {
      ...SELECT_DEFAULTS,
      mode,
      align: 4,
      ratio: 0.5,
    });

    const left = costOf(slice(isnet, groups, cut)).parameters / costOf(isnet).parameters;
    expect(left).toBeLessThan(0.501);
    expect(left).toBeGreaterThan(0.45);
  },
);

test('counts the ratio in multiply-accumulates where asked to', async () => {
  const scores = await scoresOf(isnet, 'random');

  const cut = select(groups, scores, costModel(isnet, groups, 'macs'), { ...SELECT_DEFAULTS, align: 4, ratio: 0.4 });

  const left = costOf(slice(isnet, groups, cut)).macs / costOf(isnet).macs;
  expect(left).toBeCloseTo(0.6, 1);
});

test('weighs nodes by measured time where asked to', async () => {
  const times = await measureTimes(isnet);

  const model = costModel(isnet, groups, 'time' satisfies CostUnit, times);

  expect(model).toHaveLength(isnet.nodes.filter(({ op }) => op === 'Conv').length);
  expect(model.every(({ unit }) => unit > 0)).toBe(true);
});

test('leaves multiples of the alignment and never less than the floor', async () => {
  const scores = await scoresOf(isnet, 'random');

  const cut = select(groups, scores, costModel(isnet, groups, 'parameters'), {
    ...SELECT_DEFAULTS,
    align: 4,
    floor: 0.25,
    ratio: 0.7,
  });

  for (const { channels, isFixed } of groups.groups) {
    if (isFixed) continue;
    const kept = channels.filter((channel) => !cut.has(channel)).length;
    expect(kept % 4 === 0 || kept === channels.length).toBe(true);
    expect(kept).toBeGreaterThanOrEqual(Math.min(channels.length, channels.length * 0.25));
  }
});

test('says how much can go when the floors forbid the ratio', async () => {
  const scores = await scoresOf(isnet, 'random');
  const model = costModel(isnet, groups, 'parameters');

  expect(() => select(groups, scores, model, { ...SELECT_DEFAULTS, align: 4, floor: 0.5, ratio: 0.99 })).toThrow(
    expect.objectContaining({
      code: 'bad_ratio',
      message: expect.stringMatching(/at most 0\.\d+ can go with floor 0\.5/),
    }),
  );
});

test('the channel with the smallest filters goes first', async () => {
  const net = network();
  const graph = net.graph([net.conv(net.relu(net.conv(net.input, 8, { name: 'wide' })), 1)]);
  const weight = graph.constants.get('wide.weight');
  if (weight?.type === 'float32') weight.data.fill(0.001, 3 * 27, 4 * 27);
  const own = groupChannels(graph);

  const cut = select(own, await scoresOf(graph, 'l1'), costModel(graph, own, 'parameters'), {
    ratio: 0.1,
    mode: 'global',
    align: 1,
    floor: 0,
  });

  expect([...cut]).toEqual([own.groups[0]?.channels[3]]);
});

test('bn-gamma needs BatchNormalizations and says what to use instead', async () => {
  await expect(scoresOf(isnet, 'bn-gamma')).rejects.toThrow(/folded away: use residual or l1/);
});
