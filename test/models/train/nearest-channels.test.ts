import { expect, test } from 'vitest';
import { seededRandom } from '#models/math/random.ts';
import { nearestChannels } from '#models/train/nearest-channels.ts';

const positions = 40;

test('finds the channels that were kept, in any order and although they are no longer quite the same', () => {
  const random = seededRandom(3);
  const theirs = [0, 1].map(() => Float32Array.from({ length: 6 * positions }, () => random.normal()));
  const kept = [4, 0, 3];
  const own = theirs.map((photo) =>
    Float32Array.from(
      kept.flatMap((channel) => [...photo.subarray(channel * positions, (channel + 1) * positions)]),
      (value) => 0.9 * value + 0.3 * random.normal(),
    ),
  );

  const { channels, difference } = nearestChannels(own, theirs, { positions });

  expect(channels).toEqual(kept);
  // Of variance 1, a tenth is missing, and noise of .3 was added.
  expect(difference).toBeCloseTo(0.1 ** 2 + 0.3 ** 2, 1);
});

test('the variance is the mean of the matched channels’ own, over all photos', () => {
  const ramp = (scale: number): number[] => Array.from({ length: positions }, (_, k) => scale * k);
  const theirs = [Float32Array.from([...ramp(1), ...ramp(2), ...ramp(100)])];
  const own = [Float32Array.from([...ramp(1.01), ...ramp(2.01)])];

  // Of 0, 1 ... n - 1 the variance is (n^2 - 1) / 12.
  expect(nearestChannels(own, theirs, { positions }).variance).toBeCloseTo((((1 + 4) / 2) * (positions ** 2 - 1)) / 12);
});
