import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
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

/** Convolutions that read the photo, and those that make logits: U2-Net's six sides and what joins them; IS-Net has one. */
const CONVOLUTIONS = { first: { u2net: 1, u2netp: 1, isnet: 1 }, logits: { u2net: 7, u2netp: 7, isnet: 1 } } as const;
const Chosen = z.object({ chosen: z.object({ floatLayers: z.array(z.enum(['first', 'logits'])) }) });

test.each(TIERS)(
  '%s has no convolution that onnxruntime leaves in float32 but those its manifest names',
  async (tier) => {
    const { folder, manifest } = await open(tier);
    const { graph } = await readModelFile(join(folder, 'model.onnx'));
    const { floatLayers } = Chosen.parse(manifest.recipe).chosen;

    const operators = await operatorsThatRun(graph, temporaryFolder());

    const meant = floatLayers.reduce((sum, layer) => sum + CONVOLUTIONS[layer][manifest.family], 0);
    expect(operators).toContain('QLinearConv');
    expect(operators.filter((op) => /^Conv$|\.FusedConv$/.test(op))).toHaveLength(meant);
  },
);

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
