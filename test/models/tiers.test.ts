import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Segmenter } from '#functions/imaging/segment.ts';
import { readChain } from '#models/chain.ts';
import { ensureModel } from '#models/fetch.ts';
import { inferShapes } from '#models/onnx/infer-shapes.ts';
import { readModelFile } from '#models/read-model-file.ts';
import { DEFAULT_MODEL, TIERS } from '#models/tiers.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { operatorsThatRun } from '#test/support/models/operators-that-run.ts';

/** Finds a tier with an empty cache and without a way to download anything. */
async function open(tier: string) {
  const run = () => Promise.reject(new Error('Expected nothing to be downloaded'));
  return await ensureModel(tier, { cache: temporaryFolder(), run });
}

test.each(TIERS)('%s lies in the repo with its card, and is found without a download', async (tier) => {
  const { folder, manifest } = await open(tier);

  expect(manifest.id).toBe(tier);
  expect((await stat(join(folder, 'MODEL.md'))).size).toBeGreaterThan(1000);
});

test.each([
  ['fast', 4],
  ['balanced', 16],
  ['quality', 32],
])('%s is at most %i MiB', async (tier, limit) => {
  const { manifest } = await open(tier);

  expect(manifest.bytes).toBeLessThanOrEqual(limit * 2 ** 20);
});

test("the default has lost 63 % of its parent's parameters at least", async () => {
  const { manifest } = await open(DEFAULT_MODEL);

  // U2-Net without its five unused side outputs: 43.98 million.
  expect(manifest.parameters).toBeLessThanOrEqual(0.37 * 43.98e6);
});

test.each(TIERS)("%s's filters are whole numbers that are safe on every processor", async (tier) => {
  const { folder } = await open(tier);

  const { graph } = await readModelFile(join(folder, 'model.onnx'));

  // Packed filters are unfolded by what follows from constants alone.
  const filters = [...inferShapes(graph).known.values()].filter(({ dims }) => dims.length === 4);
  const whole = filters.filter(({ type }) => type === 'int8');
  expect(whole.length / filters.length).toBeGreaterThan(0.9);
  for (const { data } of whole) for (const w of data) if (Math.abs(Number(w)) > 64) expect(w).toBeLessThanOrEqual(64);
});

test.each(TIERS)('%s has no convolution that onnxruntime leaves in float32', async (tier) => {
  const { folder } = await open(tier);
  const { graph } = await readModelFile(join(folder, 'model.onnx'));

  const operators = await operatorsThatRun(graph, temporaryFolder());

  expect(operators).toContain('QLinearConv');
  expect(operators).not.toContain('Conv');
});

test.each(TIERS)('%s finds a dark vase on a light ground', async (tier) => {
  const { folder, manifest } = await open(tier);
  const [width, height] = [240, 320];
  const isVase = (x: number, y: number): boolean =>
    y > 60 && y < 270 && Math.abs(x - 120) < 28 + 26 * Math.sin(((y - 60) / 210) * Math.PI);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set(isVase(x, y) ? [150 - x / 2, 60, 40] : [225, 222, 218], i * 3);
  }

  const segmenter = await Segmenter.open(join(folder, 'model.onnx'), manifest);
  const mask = await segmenter.segment({ width, height, data });

  const at = (x: number, y: number): number =>
    mask.data[Math.floor((y / height) * mask.height) * mask.width + Math.floor((x / width) * mask.width)] ?? 0;
  expect(at(120, 160)).toBeGreaterThan(0.9);
  expect(at(20, 20)).toBeLessThan(0.1);
  expect(at(220, 300)).toBeLessThan(0.1);
});

test.each(TIERS)("%s's manifest names the recipe that makes it", async (tier) => {
  const { manifest } = await open(tier);
  const chain = await readChain(tier);

  const made: unknown[] = [];
  for (let recipe: Record<string, unknown> | undefined = manifest.recipe; recipe !== undefined; ) {
    made.unshift(recipe);
    const { before }: { before?: unknown } = recipe;
    recipe = typeof before === 'object' && before !== null ? { ...before } : undefined;
  }
  expect(made.slice(-chain.steps.length)).toMatchObject(chain.steps);
});
