import { expect, test } from 'vitest';
import { costOf } from '#models/onnx/cost.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { addRepeated } from '#models/quantization/add-repeated.ts';
import { network } from '#test/support/models/network.ts';
import { largestDifference, noiseInput, runForMask } from '#test/support/models/run-graph.ts';

/** A 1 x 1 layer that reads `parts` values of 8 channels side by side, each with the same filters. */
function sideBySide(parts: number, { isJoinSeen = false, changed = -1 } = {}): Graph {
  const net = network({ height: 16 });
  const joined = net.concat(Array.from({ length: parts }, () => net.conv(net.input, 8)));
  const wide = net.conv(joined, 12, { kernel: 1, name: 'wide' });
  const outputs = [net.sigmoid(net.conv(net.relu(wide), 1)), ...(isJoinSeen ? [net.relu(joined)] : [])];
  const graph = net.graph(outputs);
  const filters = graph.constants.get('wide.weight')?.data as Float32Array;
  for (let at = 0; at < filters.length; at++) {
    const column = at % (8 * parts);
    filters[at] = filters[at - column + (column % 8)] ?? 0;
  }
  if (changed >= 0) filters[changed] = 7;
  return graph;
}

const ops = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

test.each([2, 3])(
  'adds up %d values that are read with the same filters, and the mask stays what it was',
  async (parts) => {
    const graph = sideBySide(parts);

    const added = addRepeated(graph);

    expect(ops(added)).not.toContain('Concat');
    expect(ops(added).filter((op) => op === 'Add')).toHaveLength(parts - 1);
    expect(costOf(graph).macs - costOf(added).macs).toBe((parts - 1) * 8 * 12 * 16 * 16);
    const input = noiseInput(graph);
    expect(largestDifference(await runForMask(added, input), await runForMask(graph, input))).toBeLessThan(1e-5);
  },
);

test('leaves what is read with other filters, in one place only, side by side', () => {
  const graph = sideBySide(2, { changed: 16 * 12 - 1 });

  expect(ops(addRepeated(graph))).toEqual(ops(graph));
});

test('leaves what others read, too, side by side', () => {
  const graph = sideBySide(2, { isJoinSeen: true });

  expect(ops(addRepeated(graph))).toEqual(ops(graph));
});
