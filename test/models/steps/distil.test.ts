import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { distil } from '#models/steps/distil.ts';
import { splitPhotos } from '#models/train/photos/held-back.ts';
import type { MaskSource } from '#models/train/photos/parent-masks.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { network } from '#test/support/models/network.ts';

const size = { width: 32, height: 32 };
const form = {
  ...size,
  scale: 'by255' as const,
  mean: [0.5, 0.5, 0.5] as [number, number, number],
  std: [0.5, 0.5, 0.5] as [number, number, number],
};

test('a student comes nearer to its masks, also on photos it never saw, and its BatchNormalizations are folded', async () => {
  const folder = temporaryFolder();
  const names = Array.from({ length: 24 }, (_, i) => join(folder, `${i}.png`));
  const photos = splitPhotos(names, { folder, share: 0.25, seed: 1 });
  const net = network({ height: 32, seed: 6 });
  const hidden = net.relu(net.batchNorm(net.conv(net.input, 8)));
  const student = net.graph([net.sigmoid(net.conv(hidden, 1))]);
  const masks: MaskSource = { id: 'discs', read: async (file) => disc(names.indexOf(file)) };

  const { graph, curve, isFinished } = await distil(
    student,
    { photos, masks, form },
    { steps: 40, batch: 2, learningRate: 0.03, warmupSteps: 3, averageDecay: 0.8, validateEvery: 20, backdropShare: 0 },
    { checkpoint: join(folder, 'state') },
  );

  const agreement = curve.flatMap(({ validationMae }) => (validationMae === undefined ? [] : [validationMae]));
  expect(isFinished).toBe(true);
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu', 'Conv', 'Sigmoid']);
  expect(agreement).toHaveLength(3);
  expect(agreement.at(-1)).toBeLessThan(0.5 * (agreement[0] ?? 0));
});

/** A bright disc on a dark ground, anywhere. */
function disc(seed: number) {
  const random = seededRandom(seed + 1);
  const [x, y, radius] = [8 + random.integer(16), 8 + random.integer(16), 5 + random.integer(5)];
  const isInside = (i: number): boolean => Math.hypot((i % 32) - x, Math.floor(i / 32) - y) < radius;
  const pixels = Array.from({ length: 32 * 32 }, (_, i) => isInside(i));
  return {
    image: { ...size, data: Uint8Array.from(pixels.flatMap((inside) => (inside ? [220, 200, 180] : [40, 50, 60]))) },
    mask: { ...size, data: Uint8Array.from(pixels, (inside) => (inside ? 255 : 0)) },
  };
}
