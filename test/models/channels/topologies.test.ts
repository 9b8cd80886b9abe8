import { describe, expect, test } from 'vitest';
import { groupChannels } from '#models/channels/channel-groups.ts';
import { seededRandom } from '#models/math/random.ts';
import { costOf } from '#models/onnx/cost.ts';
import { simplify } from '#models/steps/simplify.ts';
import { slice } from '#models/steps/slice.ts';
import { largestDifference, noiseInput, runForMask } from '#test/support/models/run-graph.ts';
import { isnetGraph, type TopologyOptions, u2netGraph, u2netpGraph } from '#test/support/models/topologies.ts';
import { randomCut, zeroed } from '#test/support/models/zeroed.ts';

const families = [
  { family: 'u2net', build: u2netGraph, millionParameters: 44.0 },
  { family: 'u2netp', build: u2netpGraph, millionParameters: 1.13 },
  { family: 'isnet', build: isnetGraph, millionParameters: 44.0 },
];
const forms = families.flatMap((family) => [false, true].map((batchNorm) => ({ ...family, batchNorm })));

describe.each(families)('$family', ({ build, millionParameters }) => {
  test('has as many parameters as the published network', () => {
    const { parameters } = costOf(simplify(build()));

    expect(parameters / 1e6).toBeCloseTo(millionParameters, 1);
  });

  test('ties the first and last convolution of each of its eleven blocks, and nothing else', () => {
    const { groups } = groupChannels(simplify(build({ narrow: 8 })));

    const tied = groups.filter(({ makers }) => makers.length > 1);

    expect(tied.map(({ makers }) => makers.map(({ name }) => name))).toEqual(
      ['1', '2', '3', '4', '5', '6', '5d', '4d', '3d', '2d', '1d'].map((stage) => [
        `stage${stage}.in`,
        `stage${stage}.1d`,
      ]),
    );
  });
});

test('U2-Net at full width with BatchNormalization apart: sliced equals zeroed', async () => {
  await expectSlicedLikeZeroed(u2netGraph, { batchNorm: true }, [1]);
});

// 34 seeds in each of six forms: 204 random selections.
test.each(forms)(
  '$family, BatchNormalization apart: $batchNorm: sliced equals zeroed',
  async ({ build, batchNorm }) => {
    await expectSlicedLikeZeroed(
      build,
      { batchNorm, narrow: 8 },
      Array.from({ length: 34 }, (_, seed) => seed),
    );
  },
);

async function expectSlicedLikeZeroed(
  build: (options: TopologyOptions) => ReturnType<typeof u2netGraph>,
  options: TopologyOptions,
  seeds: number[],
): Promise<void> {
  const graph = simplify(build(options));
  const groups = groupChannels(graph);
  const input = noiseInput(graph);
  for (const seed of seeds) {
    const cut = randomCut(groups, seededRandom(seed));
    const thin = await runForMask(slice(graph, groups, cut), input);
    const dense = await runForMask(zeroed(graph, groups, cut, 'makers'), input);
    expect(largestDifference(thin, dense), `seed ${seed}`).toBeLessThan(1e-4);
  }
}
