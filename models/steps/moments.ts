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
