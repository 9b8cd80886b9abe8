import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pruneModel } from '#models/commands/prune.ts';
import { openProducts } from '#models/math/products.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import { costOf } from '#models/onnx/cost.ts';
import { packModel } from '#models/pack.ts';
import { pickPhotos, readInput } from '#models/photos.ts';
import { prune } from '#models/prune.ts';
import { parseRecipe, readRecipe } from '#models/recipe.ts';
import { simplify } from '#models/steps/simplify.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { largestDifference, runForMask } from '#test/support/models/run-graph.ts';
import { u2netpGraph } from '#test/support/models/topologies.ts';

let folder: string;
let photos: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-prune-'));
  photos = await writeNoisePhotos(folder, 6);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function pruneSmall(seed: number): Promise<Uint8Array> {
  const recipe = parseRecipe({ ratio: 0.4, align: 2, seed, reconstruct: { photos: 3 } }, 'a test');
  const products = await openProducts();
  const graph = await prune(u2netpGraph({ narrow: 8 }), recipe, {
    photos: photos.slice(0, 3),
    form: noiseForm(64),
    products,
  });
  await products.close();
  return encodeModel(graph);
}

// Three times 119 convolutions, each repaired in a network of its own: half a minute where the machine is busy.
test('the same recipe gives the same bytes, another seed gives others', { timeout: 120_000 }, async () => {
  const [first, second, other] = [await pruneSmall(1), await pruneSmall(1), await pruneSmall(2)];

  expect(Buffer.compare(first, second)).toBe(0);
  expect(Buffer.compare(first, other)).not.toBe(0);
});

test('takes the whole way from an exported network to one with fewer parameters', async () => {
  const recipe = parseRecipe({ ratio: 0.5, align: 2, merge: false, score: 'l1' }, 'a test');
  const products = await openProducts();
  const steps: string[] = [];

  const pruned = await prune(u2netpGraph({ narrow: 4 }), recipe, {
    photos,
    form: noiseForm(64),
    products,
    onStep: (step) => steps.push(step),
  });

  await products.close();
  const dense = costOf(simplify(u2netpGraph({ narrow: 4 })));
  expect(costOf(pruned).parameters).toBeLessThanOrEqual(dense.parameters * 0.5);
  expect([...new Set(steps)]).toEqual(['simplify', 'group', 'observe', 'score', 'select', 'merge', 'slice']);
});

test('the recipe for narrowing saves its share of the arithmetic, cuts nothing and hardly moves the mask', async () => {
  const recipe = await readRecipe('narrow');
  const products = await openProducts();
  const form = noiseForm(64);
  const dense = simplify(u2netpGraph({ narrow: 1 }), { size: form });

  const narrowed = await prune(dense, recipe, { photos: photos.slice(0, 5), form, products });

  await products.close();
  expect(costOf(narrowed).macs).toBeLessThanOrEqual(0.8 * costOf(dense).macs);
  const input = await readInput(photos[5] ?? '', form);
  const [mask, wanted] = [await runForMask(narrowed, input), await runForMask(dense, input)];
  const spread = Math.max(...wanted) - Math.min(...wanted);
  expect(largestDifference(mask, wanted)).toBeLessThan(0.1 * spread);
});

test('every recipe that comes along is valid, and fields given beside it win', async () => {
  for (const name of ['repair', 'narrow', 'merge', 'l1', 'random']) {
    await expect(readRecipe(name, { ratio: 0.3, seed: 9, unit: undefined })).resolves.toMatchObject({
      ratio: 0.3,
      seed: 9,
    });
  }
});

test('refuses a recipe with every wrong field named', () => {
  expect(() => parseRecipe({ ratio: 1.2, score: 'magic', colour: 'red' }, 'mine.json')).toThrow(
    expect.objectContaining({ code: 'bad_recipe', message: expect.stringMatching(/mine\.json.*ratio.*score.*colour/) }),
  );
});

test('refuses a recipe that gives a speed and what it is to be found by', () => {
  const asked = { ratio: 0, reconstruct: { narrow: 0.2, macs: 0.8, speed: 2 } };

  expect(() => parseRecipe(asked, 'mine.json')).toThrow(
    /mine\.json.*reconstruct\.speed: expected speed or macs, got both/,
  );
  expect(parseRecipe({ ...asked, reconstruct: { narrow: 0.2, macs: 0.8 } }, 'mine.json')).toMatchObject({
    reconstruct: { macs: 0.8 },
  });
});

test('a network is named by the share that was cut, or else by the share that became narrow', async () => {
  const graph = simplify(u2netpGraph({ narrow: 1 }), { size: noiseForm(64) });
  const facts = {
    id: 'mine',
    family: 'u2netp',
    licence: 'MIT',
    origin: 'made in a test',
    recipe: {},
    scores: {},
  } as const;
  const parent = await packModel(graph, { ...facts, input: noiseForm(64) }, join(folder, 'mine'));
  const cheap = { score: 'random', merge: false, mode: 'uniform', align: 2 };
  const idOf = async (recipe: object): Promise<string> => {
    const place = { calibration: folder, out: join(folder, 'pruned'), log: () => {} };
    const { manifest } = await pruneModel(parent, parseRecipe({ ...cheap, ...recipe }, 'a test'), place);
    return manifest.id;
  };

  expect(await idOf({ ratio: 0.4 })).toBe('mine-40');
  expect(await idOf({ ratio: 0, reconstruct: { photos: 1, narrow: 0.2, fit: 'late' } })).toBe('mine-20');
});

test('refuses a calibration folder that is empty, missing or holds no readable photo', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'cutline-empty-'));
  await writeFile(join(empty, 'broken.jpg'), 'no photo');

  await expect(pickPhotos(join(empty, 'nowhere'), { count: 1, seed: 1 })).rejects.toThrow(/nowhere.*cannot be read/);
  await expect(readInput(join(empty, 'broken.jpg'), noiseForm(32))).rejects.toThrow(/broken\.jpg.*cannot be read/);
  await rm(join(empty, 'broken.jpg'));
  await expect(pickPhotos(empty, { count: 1, seed: 1 })).rejects.toThrow(/folder without any/);
  await rm(empty, { recursive: true });
});

test('photos are read upright, squeezed and scaled as the manifest says', async () => {
  const [photo = ''] = photos;

  const unit = await readInput(photo, { ...noiseForm(8), mean: [0, 0, 0] });
  const byMax = await readInput(photo, { ...noiseForm(8), scale: 'byMax', mean: [0, 0, 0] });

  expect(unit).toHaveLength(3 * 8 * 8);
  expect(Math.max(...byMax)).toBeCloseTo(1, 6);
  expect((byMax[5] ?? 0) / (unit[5] ?? 1)).toBeCloseTo(1 / Math.max(...unit), 4);
});
