import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import type { Sample } from '#models/train/gradient-session.ts';
import { type TrainingPlan, train } from '#models/train/train.ts';
import { withWeights } from '#models/train/trained-model.ts';
import { buildTrainingGraph } from '#models/train/training-graph.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { network } from '#test/support/models/network.ts';
import { largestDifference, runForMask } from '#test/support/models/run-graph.ts';

const SIZE = 12;
const INPUT = 'input';

/** A small network that is to find bright photos' bright halves. */
function smallModel() {
  const net = network({ height: SIZE, seed: 4 });
  const hidden = net.relu(net.conv(net.maxPool(net.relu(net.conv(net.input, 6))), 6));
  return net.graph([net.sigmoid(net.conv(net.concat([net.enlarge(hidden, 2), net.input]), 1))]);
}

function planFor(model = smallModel(), fingerprint = 'halves'): TrainingPlan {
  const training = buildTrainingGraph(model, { mask: { crossEntropy: 1, halfSizeAbsolute: 0.5 } });
  return { training, fingerprint, sample: async ({ step, index }) => halves(step * 10 + index) };
}

function halves(seed: number): Sample {
  const random = seededRandom(seed);
  const edge = 3 + random.integer(6);
  const target = Float32Array.from({ length: SIZE * SIZE }, (_, i) => (i % SIZE < edge ? 1 : 0));
  const input = Float32Array.from(
    { length: 3 * SIZE * SIZE },
    (_, i) => (target[i % (SIZE * SIZE)] ?? 0) - 0.5 + 0.2 * random.normal(),
  );
  return { input, 'train.target': target, 'train.emphasis': new Float32Array(SIZE * SIZE).fill(1) };
}

const options = { steps: 60, batch: 2, learningRate: 0.03, warmupSteps: 5, averageDecay: 0.9, rowEvery: 1 };

test('lowers the loss and gives back a network that does what it was trained for', async () => {
  const folder = temporaryFolder();
  const model = smallModel();

  const { curve, weights, isFinished } = await train(planFor(model), options, { checkpoint: join(folder, 'state') });

  const losses = curve.map(({ loss = 0 }) => loss);
  expect(isFinished).toBe(true);
  expect(losses.at(-1)).toBeLessThan(0.3 * (losses[0] ?? 0));
  const unseen = halves(9_999);
  const mask = await runForMask(withWeights(model, weights), unseen[INPUT] ?? new Float32Array());
  const wrong = mask.reduce((sum, p, i) => sum + Math.abs(p - (unseen['train.target']?.[i] ?? 0)), 0);
  expect(wrong / mask.length).toBeLessThan(0.1);
});

test("one photo that counts ten thousand times as much doesn't drown the others", async () => {
  const odd = (plan: TrainingPlan): TrainingPlan => ({
    ...plan,
    sample: async (at) => {
      const sample = await plan.sample(at);
      if (at.step % 5 !== 0 || at.index !== 0) return sample;
      const wrong = (sample['train.target'] ?? new Float32Array()).map((value) => 1 - value);
      return { ...sample, 'train.target': wrong, 'train.emphasis': new Float32Array(SIZE * SIZE).fill(10_000) };
    },
  });

  const { weights } = await train(odd(planFor()), options, { checkpoint: join(temporaryFolder(), 'state') });

  const unseen = halves(9_999);
  const mask = await runForMask(withWeights(smallModel(), weights), unseen[INPUT] ?? new Float32Array());
  const wrong = mask.reduce((sum, p, i) => sum + Math.abs(p - (unseen['train.target']?.[i] ?? 0)), 0);
  expect(wrong / mask.length).toBeLessThan(0.15);
});

test('a training that was stopped and resumed ends with the same bytes', async () => {
  const folder = temporaryFolder();
  const whole = join(folder, 'whole');
  const parted = join(folder, 'parted');
  const short = { ...options, steps: 12 };
  await train(planFor(), short, { checkpoint: whole });
  const stop = new AbortController();

  const first = await train(planFor(), short, {
    checkpoint: parted,
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === 5) stop.abort();
    },
  });
  const second = await train(planFor(), short, { checkpoint: parted });

  expect([first.isFinished, second.isFinished]).toEqual([false, true]);
  expect((await readFile(parted)).equals(await readFile(whole))).toBe(true);
});

test("refuses to go on with another training's checkpoint", async () => {
  const checkpoint = join(temporaryFolder(), 'state');
  await train(planFor(), { ...options, steps: 1 }, { checkpoint });

  const attempt = train(planFor(smallModel(), 'other'), { ...options, steps: 2 }, { checkpoint });

  await expect(attempt).rejects.toThrow(/another model/);
});

test('names a checkpoint that was cut short', async () => {
  const checkpoint = join(temporaryFolder(), 'state');
  await train(planFor(), { ...options, steps: 1 }, { checkpoint });
  const bytes = await readFile(checkpoint);

  for (const length of [0, 3, 100, bytes.length - 1]) {
    await writeFile(checkpoint, bytes.subarray(0, length));
    await expect(train(planFor(), { ...options, steps: 2 }, { checkpoint })).rejects.toThrow(/ends too early/);
  }
});

test('stops where the loss is no number, keeping the checkpoint before', async () => {
  const checkpoint = join(temporaryFolder(), 'state');
  await train(planFor(), { ...options, steps: 1 }, { checkpoint });
  const before = await readFile(checkpoint);
  const plan = planFor();
  const broken = async (): Promise<Sample> => ({
    ...halves(1),
    input: new Float32Array(3 * SIZE * SIZE).fill(Number.NaN),
  });

  const attempt = train({ ...plan, sample: broken }, { ...options, steps: 5 }, { checkpoint });

  await expect(attempt).rejects.toThrow(/finite loss/);
  expect((await readFile(checkpoint)).equals(before)).toBe(true);
});

test('an odd gradient is shortened: one mad photo leaves the weights near', async () => {
  const folder = temporaryFolder();
  const plan = planFor();
  const mad = async (at: { step: number; index: number }): Promise<Sample> => {
    const sample = await plan.sample(at);
    return at.step === 10 ? { ...sample, 'train.emphasis': new Float32Array(SIZE * SIZE).fill(1e6) } : sample;
  };
  const short = { ...options, steps: 10 };

  const calm = await train(plan, short, { checkpoint: join(folder, 'calm') });
  const shaken = await train({ ...plan, sample: mad }, short, { checkpoint: join(folder, 'shaken') });

  for (const [name, values] of calm.weights) {
    expect(largestDifference(values, shaken.weights.get(name) ?? new Float32Array())).toBeLessThan(0.05);
  }
});

test('validates at the start, every so often and at the end', async () => {
  const folder = temporaryFolder();
  const validate = async () => ({ validationMae: 0.5 });

  const { curve } = await train(
    { ...planFor(), validate },
    { ...options, steps: 5, rowEvery: 100, validateEvery: 2 },
    { checkpoint: join(folder, 'state') },
  );

  expect(curve.map(({ step }) => step)).toEqual([0, 2, 4, 5]);
});
