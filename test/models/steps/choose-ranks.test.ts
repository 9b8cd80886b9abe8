import { expect, test } from 'vitest';
import { chooseRanks } from '#models/steps/choose-ranks.ts';

/** 64 outputs that vary along `rank` axes, and hardly along the rest. */
function layer(
  output: string,
  rank: number,
  { taps = 576, pixels = 1, lateTaps = undefined as number | undefined } = {},
) {
  const variances = Float64Array.from({ length: 64 }, (_, axis) => (axis < rank ? 1 : 1e-4));
  return { output, taps, lateTaps, pixels, variances };
}

const choice = { unit: 'parameters', speed: 0, total: { parameters: 1e5, macs: 1e7 } } as const;

test('takes the weights from the layer that loses least', () => {
  const ranks = chooseRanks([layer('few axes', 16), layer('many axes', 64)], { ...choice, saving: 20_000 });

  expect([...ranks]).toEqual([['few axes', { rank: 16, isLate: false }]]);
});

test('saves at least what is asked for, in ranks of 16', () => {
  const layers = [layer('a', 40), layer('b', 20), layer('c', 60, { taps: 1152 })];

  const ranks = chooseRanks(layers, { ...choice, saving: 40_000 });

  const saved = layers.reduce((sum, { output, taps }) => {
    const rank = ranks.get(output)?.rank;
    return rank === undefined ? sum : sum + 64 * taps - rank * (taps + 64);
  }, 0);
  expect(saved).toBeGreaterThanOrEqual(40_000);
  expect([...ranks.values()].every(({ rank }) => rank % 16 === 0)).toBe(true);
});

const alike = [layer('small', 30), layer('large', 30, { pixels: 100 })];

test('of two alike the layer of more pixels goes first where speed counts', () => {
  expect([...chooseRanks(alike, { ...choice, speed: 1, saving: 10_000 }).keys()]).toEqual(['large']);
});

test('of two alike the layer that counts less goes first, though it saves less', () => {
  const layers = [layer('counts', 30, { taps: 600 }), { ...layer('counts less', 30), weight: 0.1 }];

  expect([...chooseRanks(layers, { ...choice, saving: 10_000 }).keys()]).toEqual(['counts less']);
});

test('counts MACs where they are to be saved', () => {
  expect([...chooseRanks(alike, { ...choice, unit: 'macs', saving: 100_000 }).keys()]).toEqual(['large']);
});

test('a layer that varies along all its axes is at least computed before what it reads is enlarged', () => {
  const layers = [layer('whole', 64, { pixels: 100, lateTaps: 360 }), layer('few axes', 17, { taps: 1152 })];

  const ranks = chooseRanks(layers, { ...choice, speed: 3, saving: 40_000 });

  expect([...ranks]).toEqual([
    ['whole', { rank: 64, isLate: true }],
    ['few axes', { rank: 16, isLate: false }],
  ]);
});

test('narrows nothing where nothing is to be saved', () => {
  expect(chooseRanks([layer('a', 16)], { ...choice, saving: 0 }).size).toBe(0);
});

test('never makes a layer dearer: a 1 x 1 layer of 16 outputs stays whole', () => {
  const tiny = { output: 'tiny', taps: 16, pixels: 1, variances: new Float64Array(16).fill(1) };

  expect(chooseRanks([tiny, layer('a', 16)], { ...choice, saving: 10_000 }).has('tiny')).toBe(false);
});

test('says how much can be saved when more is asked for', () => {
  const most = 64 * 576 - 16 * (576 + 64);

  expect(() => chooseRanks([layer('a', 16)], { ...choice, saving: most + 1 })).toThrow(
    `Expected at most ${most} to save by narrowing layers, got ${most + 1}`,
  );
});

test('a layer whose outputs vary along all axes is rather read along few where that loses nothing', () => {
  const whole = layer('whole', 64, { taps: 1152 });
  const read = {
    counts: [32],
    isLate: false,
    readers: { parameters: 32 * 128, macs: 32 * 128 },
    thin: { parameters: 32 * 9, macs: 32 * 9 },
    variances: new Float64Array(64).fill(1),
    whole: 64,
  };
  // What is read along 32 of 128 channels' axes costs 32 x 128 + 64 x (288 + 64) instead of 64 x 1152.
  const saving = 64 * 1152 - 32 * 128 - 64 * (288 + 64);

  const ranks = chooseRanks([{ ...whole, reads: [read] }], { ...choice, saving });

  expect(ranks.get('whole')).toEqual({ rank: 64, isLate: false, read });
  const lossy = { ...read, whole: 200 };
  expect(
    chooseRanks([{ ...whole, reads: [lossy] }], { ...choice, saving: 64 * 600 }).get('whole')?.read,
  ).toBeUndefined();
});
