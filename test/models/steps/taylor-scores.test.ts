import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { readInput } from '#models/photos.ts';
import { taylorScores } from '#models/steps/taylor-scores.ts';
import { network } from '#test/support/models/network.ts';
import { noiseForm, writeNoisePhotos } from '#test/support/models/photos.ts';
import { runForMask } from '#test/support/models/run-graph.ts';

let folder: string;
let photos: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-taylor-'));
  photos = await writeNoisePhotos(folder, 2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const form = noiseForm(32);

/** A layer of six channels, one of which nobody reads, with or without a BatchNormalization behind it. */
function sixChannels(isNormed: boolean): Graph {
  const net = network({ height: 32 });
  const made = net.conv(net.input, 6, { name: 'six' });
  const seen = net.relu(isNormed ? net.batchNorm(made) : made);
  const graph = net.graph([net.sigmoid(net.conv(net.relu(net.conv(seen, 4, { name: 'next' })), 1))]);
  const reading = graph.constants.get('next.weight')?.data as Float32Array;
  for (let at = 0; at < reading.length; at++) if (Math.floor(at / 9) % 6 === 2) reading[at] = 0;
  return graph;
}

/** What the mask changes by, for each hundredth that a channel loses. */
async function changeWithout(graph: Graph, channel: number, photo: string): Promise<number> {
  const input = await readInput(photo, form);
  const value = graph.nodes.find(({ op }) => op === 'Relu')?.outputs[0] ?? '';
  const name = 'next.weight';
  const reading = graph.constants.get(name);
  expect(value).not.toBe('');
  if (reading?.type !== 'float32') throw new Error('no filters');
  const data = reading.data.map((w, at) => (Math.floor(at / 9) % 6 === channel ? 0.99 * w : w));
  const less = { ...graph, constants: new Map(graph.constants).set(name, { ...reading, data }) };
  const [whole, without] = [await runForMask(graph, input), await runForMask(less, input)];
  return whole.reduce((sum, value, i) => sum + ((value - (without[i] ?? 0)) / 0.01) ** 2, 0);
}

test.each([false, true])(
  'is the mean square that the mask loses with a channel (BatchNormalization: %s)',
  async (isNormed) => {
    const graph = sixChannels(isNormed);
    const groups = groupChannels(graph);

    const scores = await taylorScores(graph, groups, { photos, form, seed: 1, draws: 150 });

    const channels = groups.values.get(graph.nodes.find(({ op }) => op === 'Relu')?.outputs[0] ?? '') ?? [];
    expect(channels).toHaveLength(6);
    for (const [place, channel] of channels.entries()) {
      let change = 0;
      for (const photo of photos) change += (await changeWithout(graph, place, photo)) / photos.length;
      if (place === 2) expect(scores.get(channel)).toBe(0);
      else expect((scores.get(channel) ?? 0) / change).toBeGreaterThan(0.7);
      if (place !== 2) expect((scores.get(channel) ?? 0) / change).toBeLessThan(1.4);
    }
  },
);
