import type { InputSize } from '../../onnx/resize-input.ts';

/** How far from an edge pixels count more, as a share of the width. */
const REACH_SHARE = 1 / 20;

/**
 * How much each pixel of a mask should count: more the more its surroundings differ from it, which is at edges and
 * thin parts, as in F3Net (Wei et al. 2020).
 *
 * @param mask [height, width], 0..1. @param extra What the most different pixel counts more than one in the middle of nothing.
 * @returns [height, width], 1 on average. Cost: O(pixels).
 */
export function edgeEmphasis(mask: Float32Array, { width, height }: InputSize, extra: number): Float32Array {
  const reach = Math.max(1, Math.round(width * REACH_SHARE));
  const rows = boxBlur(mask, { length: width, lines: height, step: 1, lineStep: width, reach });
  const around = boxBlur(rows, { length: height, lines: width, step: width, lineStep: 1, reach });
  const result = new Float32Array(mask.length);
  let sum = 0;
  for (let i = 0; i < mask.length; i++) {
    const value = 1 + extra * Math.abs((around[i] as number) - (mask[i] as number));
    result[i] = value;
    sum += value;
  }
  const mean = sum / mask.length;
  for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) / mean;
  return result;
}

/** Means over windows of 2 x reach + 1 along one axis, edges repeated. */
function boxBlur(
  values: Float32Array,
  {
    length,
    lines,
    step,
    lineStep,
    reach,
  }: { length: number; lines: number; step: number; lineStep: number; reach: number },
): Float32Array {
  const result = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    const at = (i: number): number => values[start + Math.min(Math.max(i, 0), length - 1) * step] as number;
    let sum = 0;
    for (let i = -reach; i <= reach; i++) sum += at(i);
    for (let i = 0; i < length; i++) {
      result[start + i * step] = sum / (2 * reach + 1);
      sum += at(i + reach + 1) - at(i - reach);
    }
  }
  return result;
}
