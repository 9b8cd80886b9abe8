import type { Products } from '../math/products.ts';
import type { ChannelMoments } from './observe.ts';

/** Covariances `[C, C]` of a value's channels. A bias makes up for means, so only deviations from them matter. */
export function centred({ mean, products }: ChannelMoments): { covariance: Float64Array; channels: number } {
  const channels = mean.length;
  const covariance = Float64Array.from(products);
  for (let i = 0; i < channels; i++) {
    for (let j = 0; j < channels; j++) {
      covariance[i * channels + j] = (covariance[i * channels + j] ?? 0) - (mean[i] ?? 0) * (mean[j] ?? 0);
    }
  }
  return { covariance, channels };
}

/** Moments of samples `[positions, channels]`. */
export async function momentsOf(
  samples: readonly Float32Array[],
  channels: number,
  products: Products,
): Promise<ChannelMoments> {
  const moments = { mean: new Float64Array(channels), products: new Float64Array(channels ** 2) };
  const rows = samples.reduce((sum, { length }) => sum + length / channels, 0);
  for (const data of samples) {
    const values = { rows: data.length / channels, columns: channels, data };
    const sums = await products.transposedTimes(values, values);
    for (const [index, sum] of sums.data.entries())
      moments.products[index] = (moments.products[index] ?? 0) + sum / rows;
    for (const [index, value] of data.entries())
      moments.mean[index % channels] = (moments.mean[index % channels] ?? 0) + value / rows;
  }
  return moments;
}
