import type { Mask } from '../raster.ts';
import { farFrom } from './far-from.ts';

/** Between these a network does not say which side a pixel is on. */
const SOFT = { low: 0.1, high: 0.9 };

/**
 * How much of a mask is undecided over an area rather than along an outline, as a share of what it takes for subject: a
 * pixel counts when all within `reachPx` of it, by the larger of both axes, are undecided, too.
 *
 * @param mask 0..1. @returns 0 and more; 0 where there is no subject.
 */
export function softPatch({ width, height, data }: Mask, reachPx: number): number {
  const decided = new Uint8Array(data.length);
  let subject = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value > 0.5) subject++;
    if (value <= SOFT.low || value >= SOFT.high) decided[i] = 1;
  }
  if (subject === 0) return 0;
  let patch = 0;
  for (const isFar of farFrom({ width, height, data: decided }, reachPx)) patch += isFar;
  return patch / subject;
}
