import { expect, test } from 'vitest';
import { chooseRanks } from '#models/steps/choose-ranks.ts';

/** 64 outputs that vary along `rank` axes, and hardly along the rest. */
function layer(output: string, rank: number, taps = 576) {
  return {
    output,
    taps,
    weightCost: 1,
    weightWorth: 1,
    variances: Float64Array.from({ length: 64 }, (_, axis) => (axis < rank ? 1 : 1e-4)),
  };
}

test('takes the weights from the layer that loses least', () => {
  const ranks = chooseRanks([layer('few axes', 16), layer('many axes', 64)], 20_000);

  expect([...ranks]).toEqual([['few axes', 16]]);
});

test('saves at least what is asked for, in ranks of 16', () => {
  const layers = [layer('a', 40), layer('b', 20), layer('c', 60, 1152)];

  const ranks = chooseRanks(layers, 40_000);

  const saved = layers.reduce((sum, { output, taps }) => {
    const rank = ranks.get(output);
    return rank === undefined ? sum : sum + 64 * taps - rank * (taps + 64);
  }, 0);
  expect(saved).toBeGreaterThanOrEqual(40_000);
  expect([...ranks.values()].every((rank) => rank % 16 === 0)).toBe(true);
});

test('of two alike the layer goes first whose weights are worth more to be rid of', () => {
  const [small, large] = [layer('small', 30), { ...layer('large', 30), weightWorth: 100 }];

  expect([...chooseRanks([small, large], 10_000).keys()]).toEqual(['large']);
});

test('counts what a weight costs, whatever it is worth', () => {
  const [small, large] = [layer('small', 30), { ...layer('large', 30), weightCost: 100, weightWorth: 100 }];

  expect([...chooseRanks([small, large], 100_000).keys()]).toEqual(['large']);
});

test('narrows nothing where nothing is to be saved', () => {
  expect(chooseRanks([layer('a', 16)], 0).size).toBe(0);
});

test('never makes a layer dearer: a 1 x 1 layer of 16 outputs stays whole', () => {
  const tiny = { output: 'tiny', taps: 16, weightCost: 1, weightWorth: 1, variances: new Float64Array(16).fill(1) };

  expect(chooseRanks([tiny, layer('a', 16)], 10_000).has('tiny')).toBe(false);
});

test('says how much can be saved when more is asked for', () => {
  const most = 64 * 576 - 16 * (576 + 64);

  expect(() => chooseRanks([layer('a', 16)], most + 1)).toThrow(
    `Expected at most ${most} to save by narrowing layers, got ${most + 1}`,
  );
});
