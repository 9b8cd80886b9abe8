import type { Mask } from '#functions/imaging/raster.ts';

/**
 * How far two masks' outlines are apart on average, in px: the mean distance from each outline to the nearest point of the
 * other, both ways. The frame's diagonal where only one of them has an outline, 0 where neither has.
 */
export function boundaryError(a: Mask, b: Mask): number {
  const [outlineA, outlineB] = [outline(a), outline(b)];
  const [hasA, hasB] = [outlineA.includes(1), outlineB.includes(1)];
  if (!hasA && !hasB) return 0;
  if (!hasA || !hasB) return Math.hypot(a.width, a.height);
  const toB = meanDistance(outlineA, squaredDistances(outlineB, a.width, a.height));
  const toA = meanDistance(outlineB, squaredDistances(outlineA, a.width, a.height));
  return (toA + toB) / 2;
}

/** Pixels of the upper half that touch the lower one, by their four neighbours. The frame is no outline. */
function outline({ width, height, data }: Mask): Uint8Array {
  const inside = (x: number, y: number): boolean =>
    x < 0 || y < 0 || x >= width || y >= height || (data[y * width + x] ?? 0) > 0.5;
  return Uint8Array.from(data, (value, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (value <= 0.5) return 0;
    return inside(x - 1, y) && inside(x + 1, y) && inside(x, y - 1) && inside(x, y + 1) ? 0 : 1;
  });
}

function meanDistance(points: Uint8Array, squared: Float64Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < points.length; i++) {
    if (points[i] !== 1) continue;
    sum += Math.sqrt(squared[i] ?? 0);
    count += 1;
  }
  return sum / count;
}

/** Squared distance to the nearest point for every pixel, exact (Felzenszwalb and Huttenlocher 2012). */
function squaredDistances(points: Uint8Array, width: number, height: number): Float64Array {
  const far = (width + height) ** 2;
  const distances = Float64Array.from(points, (point) => (point === 1 ? 0 : far));
  for (let x = 0; x < width; x++) transformLineInto(distances, { start: x, step: width, length: height });
  for (let y = 0; y < height; y++) transformLineInto(distances, { start: y * width, step: 1, length: width });
  return distances;
}

/** Lower envelope of parabolas along one line. */
function transformLineInto(
  data: Float64Array,
  { start, step, length }: { start: number; step: number; length: number },
): void {
  const values = Float64Array.from({ length }, (_, i) => data[start + i * step] ?? 0);
  const [vertex, from] = [new Int32Array(length), new Float64Array(length + 1)];
  const crossing = (p: number, q: number): number =>
    ((values[q] ?? 0) + q * q - ((values[p] ?? 0) + p * p)) / (2 * q - 2 * p);
  let last = 0;
  from[0] = Number.NEGATIVE_INFINITY;
  from[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < length; q++) {
    let at = crossing(vertex[last] ?? 0, q);
    while (last > 0 && at <= (from[last] ?? 0)) {
      last -= 1;
      at = crossing(vertex[last] ?? 0, q);
    }
    last += 1;
    vertex[last] = q;
    from[last] = at;
    from[last + 1] = Number.POSITIVE_INFINITY;
  }
  let k = 0;
  for (let q = 0; q < length; q++) {
    while ((from[k + 1] ?? 0) < q) k += 1;
    const p = vertex[k] ?? 0;
    data[start + q * step] = (q - p) ** 2 + (values[p] ?? 0);
  }
}
