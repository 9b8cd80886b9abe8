import type { Mask } from '#functions/imaging/raster.ts';

/** Where a mask's outline is, and how far every pixel lies from it. */
export interface Outline {
  readonly width: number;
  readonly height: number;
  /** 1 on the outline. */
  readonly points: Uint8Array;
  /** Squared distance to the nearest point of the outline, px. */
  readonly squared: Float64Array;
  readonly isEmpty: boolean;
}

/**
 * How far two masks' outlines are apart on average, in px: the mean distance from each outline to the nearest point of the
 * other, both ways. The frame's diagonal where only one of them has an outline, 0 where neither has.
 */
export function boundaryError(a: Mask, b: Mask): number {
  return outlineError(outlineOf(a), outlineOf(b));
}

/**
 * {@link boundaryError} of outlines that are known already.
 *
 * @param farthestPx No point counts for more: what lies farther off is another subject rather than another edge.
 */
export function outlineError(a: Outline, b: Outline, farthestPx: number = Number.POSITIVE_INFINITY): number {
  if (a.isEmpty && b.isEmpty) return 0;
  if (a.isEmpty || b.isEmpty) return Math.min(farthestPx, Math.hypot(a.width, a.height));
  return (meanDistance(a.points, b.squared, farthestPx) + meanDistance(b.points, a.squared, farthestPx)) / 2;
}

/** Finds a mask's outline: pixels of the upper half that touch the lower one, by their four neighbours. The frame is none. */
export function outlineOf({ width, height, data }: Mask): Outline {
  const points = new Uint8Array(data.length);
  let isEmpty = true;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if ((data[i] as number) <= 0.5) continue;
      const isEdge =
        (x > 0 && (data[i - 1] as number) <= 0.5) ||
        (x < width - 1 && (data[i + 1] as number) <= 0.5) ||
        (y > 0 && (data[i - width] as number) <= 0.5) ||
        (y < height - 1 && (data[i + width] as number) <= 0.5);
      if (!isEdge) continue;
      points[i] = 1;
      isEmpty = false;
    }
  }
  return { width, height, points, squared: squaredDistances(points, width, height), isEmpty };
}

function meanDistance(points: Uint8Array, squared: Float64Array, farthestPx: number): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < points.length; i++) {
    if (points[i] !== 1) continue;
    sum += Math.min(farthestPx, Math.sqrt(squared[i] as number));
    count += 1;
  }
  return sum / count;
}

/** Squared distance to the nearest point for every pixel, exact (Felzenszwalb and Huttenlocher 2012). */
function squaredDistances(points: Uint8Array, width: number, height: number): Float64Array {
  const far = (width + height) ** 2;
  const distances = new Float64Array(points.length);
  for (let i = 0; i < points.length; i++) distances[i] = points[i] === 1 ? 0 : far;
  const room = roomFor(Math.max(width, height));
  for (let x = 0; x < width; x++) transformLineInto(distances, { start: x, step: width, length: height }, room);
  for (let y = 0; y < height; y++) transformLineInto(distances, { start: y * width, step: 1, length: width }, room);
  return distances;
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What a line's transform needs, kept from line to line. */
interface Room {
  readonly values: Float64Array;
  /** Where the parabolas of the lower envelope have their lowest points. */
  readonly vertex: Int32Array;
  /** Where each begins to be the lowest. */
  readonly from: Float64Array;
}

function roomFor(length: number): Room {
  return {
    values: new Float64Array(length),
    vertex: new Int32Array(length),
    from: new Float64Array(length + 1),
  };
}

/** Lower envelope of parabolas along one line. */
function transformLineInto(data: Float64Array, { start, step, length }: Line, { values, vertex, from }: Room): void {
  for (let i = 0; i < length; i++) values[i] = data[start + i * step] as number;
  let last = 0;
  vertex[0] = 0;
  from[0] = Number.NEGATIVE_INFINITY;
  from[1] = Number.POSITIVE_INFINITY;
  for (let q = 1; q < length; q++) {
    let at = crossing(values, vertex[last] as number, q);
    while (last > 0 && at <= (from[last] as number)) {
      last -= 1;
      at = crossing(values, vertex[last] as number, q);
    }
    last += 1;
    vertex[last] = q;
    from[last] = at;
    from[last + 1] = Number.POSITIVE_INFINITY;
  }
  let k = 0;
  for (let q = 0; q < length; q++) {
    while ((from[k + 1] as number) < q) k += 1;
    const p = vertex[k] as number;
    data[start + q * step] = (q - p) ** 2 + (values[p] as number);
  }
}

/** Where the parabola of q comes to lie below that of p. */
function crossing(values: Float64Array, p: number, q: number): number {
  return ((values[q] as number) + q * q - ((values[p] as number) + p * p)) / (2 * q - 2 * p);
}
