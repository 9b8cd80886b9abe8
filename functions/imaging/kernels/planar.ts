import type { ModelManifest } from '../../contract/manifest.ts';

/** Of the U2-Net family's own preprocessing: keeps an all-black photo from dividing by zero. */
const SMALLEST_MAXIMUM = 1e-6;

/**
 * Turns interleaved RGB `[height, width, 3]`, 0..255, into a network's input planes `[3, height, width]`.
 *
 * @param target Float32Array of the same length, overwritten. Cost: 2 ms at 1024 x 1024.
 */
export function planarInto(
  target: Float32Array,
  rgb: Uint8Array,
  { scale, mean, std }: Pick<ModelManifest['input'], 'scale' | 'mean' | 'std'>,
): void {
  const pixels = target.length / 3;
  const divisor = scale === 'one' ? 1 : scale === 'by255' ? 255 : Math.max(largest(rgb), SMALLEST_MAXIMUM);
  for (let channel = 0; channel < 3; channel++) {
    const factor = 1 / (divisor * (std[channel] as number));
    const offset = -(mean[channel] as number) / (std[channel] as number);
    const plane = channel * pixels;
    for (let pixel = 0, from = channel; pixel < pixels; pixel++, from += 3) {
      target[plane + pixel] = (rgb[from] as number) * factor + offset;
    }
  }
}

function largest(values: Uint8Array): number {
  let found = 0;
  for (const value of values) if (value > found) found = value;
  return found;
}
