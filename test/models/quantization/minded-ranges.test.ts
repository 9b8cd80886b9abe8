import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { float32Tensor } from '#models/onnx/tensor.ts';
import { readInput } from '#models/photos.ts';
import { mindedRange, observeMinded } from '#models/quantization/minded-ranges.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { runForMask } from '#test/support/models/run-graph.ts';

const form = noiseForm(16);
let folder: string;
let photos: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-minded-ranges-'));
  photos = await writeNoisePhotos(folder, 8, 16);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the mask's edge is at. */
const EDGE = 0.26;

/** A mask that a sigmoid makes of a photo's brightness: the steeper, the fewer values it minds. */
function steepMask(slope: number): { graph: Graph; layer: string } {
  const net = network({ height: 16 });
  net.constant('brightness', float32Tensor([1, 3, 1, 1], Float32Array.of(1, 1, 1)));
  const layer = net.relu(net.op('Conv', [net.input, 'brightness'], { out: 1, attributes: { kernel_shape: [1, 1] } }));
  net.constant('slope', float32Tensor([1, 1, 1, 1], Float32Array.of(slope)));
  net.constant('edge', float32Tensor([1], Float32Array.of(-slope * EDGE)));
  const logits = net.op('Conv', [layer, 'slope', 'edge'], { out: 1, attributes: { kernel_shape: [1, 1] } });
  return { graph: net.graph([net.sigmoid(logits)]), layer };
}

/** Photos of a dull grey, one white pixel in all of them. */
async function writeDullPhotos(count: number): Promise<string[]> {
  const random = seededRandom(1);
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const data = new Uint8Array(16 * 16 * 3).map(() => 142 + random.integer(17));
    if (index === 0) data.fill(255, 300, 303);
    const file = join(folder, `dull-${index}.png`);
    await sharp(data, { raw: { width: 16, height: 16, channels: 3 } })
      .png()
      .toFile(file);
    files.push(file);
  }
  return files;
}

test.each([
  { slope: 1, isCut: false },
  { slope: 40, isCut: true },
])(
  'weighs what is cut off against what is rounded by how much a mask of slope $slope minds it',
  async ({ slope, isCut }) => {
    const { graph, layer } = steepMask(slope);
    const dull = await writeDullPhotos(12);

    const spreads = await observeMinded(graph, [layer], { photos: dull, form, seed: 1 });

    const { low, high } = mindedRange(spreads.get(layer) ?? []);
    expect(low).toBe(0);
    const values = await valuesOf(graph, layer, dull);
    const largest = Math.max(...values);
    const minded = values.map((value) => {
      const mask = 1 / (1 + Math.exp(-slope * (value - EDGE)));
      return (slope * mask * (1 - mask)) ** 2;
    });
    const floor = 0.005 * meanOf(minded);
    const errorAt = (end: number): number =>
      values.reduce((sum, value, i) => {
        const error = value === 0 ? 0 : value > end ? 0.3 * (value - end) ** 2 : (end / 255) ** 2 / 12;
        return sum + error * ((minded[i] ?? 0) + floor);
      }, 0);
    const ends = Array.from({ length: 400 }, (_, at) => largest * 1.1 * 0.98 ** at);
    const least = Math.min(...ends.map(errorAt));
    // Within an eighth of a power of two of the best end.
    expect(errorAt(high)).toBeLessThan(1.1 * least);
    expect(errorAt(largest) > 1.2 * least).toBe(isCut);
  },
);

test('a value that is negative somewhere gets a range to both sides, one of zeros none', async () => {
  const net = network({ height: 16 });
  const signed = net.conv(net.input, 4);
  net.constant('nothing', float32Tensor([2, 4, 1, 1], new Float32Array(8)));
  const silent = net.op('Conv', [signed, 'nothing'], { out: 2, attributes: { kernel_shape: [1, 1] } });
  const graph = net.graph([net.sigmoid(net.conv(net.concat([signed, silent]), 1))]);

  const spreads = await observeMinded(graph, [signed, silent], { photos, form, seed: 1 });

  const { low, high } = mindedRange(spreads.get(signed) ?? []);
  expect(high).toBeGreaterThan(0);
  expect(low).toBeLessThan(0);
  expect(spreads.get(silent)?.length).toBe(2);
  expect(mindedRange(spreads.get(silent) ?? [])).toEqual({ low: 0, high: 0 });
});

test('nothing is said of a value that the mask does not depend on, nor of the photo', async () => {
  const net = network({ height: 16 });
  const [read, unread] = [net.conv(net.input, 2), net.conv(net.input, 2)];
  const graph = net.graph([net.sigmoid(net.conv(read, 1)), unread]);

  const spreads = await observeMinded(graph, [net.input, read, unread], { photos, form, seed: 1 });

  expect([...spreads.keys()]).toEqual([read]);
});

async function valuesOf(graph: Graph, layer: string, files: readonly string[]): Promise<number[]> {
  const values: number[] = [];
  const looked = { ...graph, outputs: [{ name: layer, type: 'float32' as const, dims: undefined }] };
  for (const photo of files) values.push(...(await runForMask(looked, await readInput(photo, form))));
  return values;
}

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
