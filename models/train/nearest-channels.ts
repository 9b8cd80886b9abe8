/** Which of a larger layer's channels a smaller layer's are. */
export interface NearestChannels {
  /** For each of the smaller layer's channels the index of the larger one's that differs least from it. */
  readonly channels: readonly number[];
  /** Mean variance of those, over all positions. */
  readonly variance: number;
  /** Share of it by which the channels differ: 0 where they are the same, 1 and more where they have nothing in common. */
  readonly difference: number;
}

/**
 * Matches channels by the mean square of their difference, which tells a channel that was fitted to another from all others, since
 * fitted channels keep mean and scale.
 *
 * @param own One array a photo, `[channels, positions]`. @param theirs The same photos and positions. Cost: O(channels x channels x positions).
 */
export function nearestChannels(
  own: readonly Float32Array[],
  theirs: readonly Float32Array[],
  { positions }: { positions: number },
): NearestChannels {
  const count = (own[0]?.length ?? 0) / positions;
  const nearest = Array.from({ length: count }, (_, channel) => nearestOf(channel, own, theirs, positions));
  const channels = nearest.map(({ channel }) => channel);
  const variance = mean(channels.map((channel) => varianceOf(channel, theirs, positions)));
  const difference = mean(nearest.map(({ distance }) => distance)) / (own.length * positions);
  return { channels, variance, difference: difference / variance };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function nearestOf(
  channel: number,
  own: readonly Float32Array[],
  theirs: readonly Float32Array[],
  positions: number,
): { channel: number; distance: number } {
  const candidates = (theirs[0]?.length ?? 0) / positions;
  let [nearest, least] = [0, Number.POSITIVE_INFINITY];
  for (let candidate = 0; candidate < candidates; candidate++) {
    let distance = 0;
    for (let photo = 0; photo < own.length && distance < least; photo++) {
      const [a, b] = [own[photo] as Float32Array, theirs[photo] as Float32Array];
      for (let k = 0; k < positions; k++) {
        const difference = (a[channel * positions + k] as number) - (b[candidate * positions + k] as number);
        distance += difference * difference;
      }
    }
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return { channel: nearest, distance: least };
}

function varianceOf(channel: number, photos: readonly Float32Array[], positions: number): number {
  let [sum, squares] = [0, 0];
  for (const photo of photos) {
    for (const value of photo.subarray(channel * positions, (channel + 1) * positions)) {
      sum += value;
      squares += value * value;
    }
  }
  const count = Math.max(1, photos.length * positions);
  return Math.max(0, squares / count - (sum / count) ** 2);
}
