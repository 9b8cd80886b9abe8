import type { Mask } from '#functions/imaging/raster.ts';

/** Mean absolute difference, 0..1. */
export function mae(a: Mask, b: Mask): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += Math.abs((a.data[i] ?? 0) - (b.data[i] ?? 0));
  return sum / a.data.length;
}

/** Intersection over union of what is above one half, 0..1; 1 where both are empty. */
export function iou(a: Mask, b: Mask): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    const [inA, inB] = [(a.data[i] ?? 0) > 0.5, (b.data[i] ?? 0) > 0.5];
    if (inA && inB) both += 1;
    if (inA || inB) either += 1;
  }
  return either === 0 ? 1 : both / either;
}
