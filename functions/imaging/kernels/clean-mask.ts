interface Plane {
  readonly width: number;
  readonly height: number;
  /** 0..1; exactly 0 and 1 are certain. */
  readonly data: Float32Array;
}

export interface CleanOptions {
  /** A piece with less than this share of the largest one's pixels is dirt. */
  readonly speckShare: number;
  /** A gap with less than this share of the largest piece's pixels is dirt; a mug's handle encloses far more. */
  readonly gapShare: number;
}

export const CLEAN_DEFAULTS: CleanOptions = Object.freeze({ speckShare: 0.001, gapShare: 0.0005 });

/** A piece none of whose pixels is as likely as this is a ghost. */
const LIKELY = 0.5;

/**
 * Takes specks off a mask and fills pinholes, in place; what is thin but joined to the subject, such as hair, stays, and
 * so do real holes.
 *
 * A piece is what hangs together, by sides or corners, of everything the mask does not rule out: a faint strand belongs to
 * its head. A gap is what hangs together, by sides, of everything the mask is not certain of, and does not reach the
 * outside. Cost: two visits a pixel at most.
 */
export function cleanMaskInto(plane: Plane, { speckShare, gapShare }: CleanOptions = CLEAN_DEFAULTS): void {
  const pieces = findRegions(plane, { of: 'subject', hasCorners: true });
  const largest = pieces.reduce((most, { peak, pixels }) => (peak >= LIKELY ? Math.max(most, pixels.length) : most), 0);
  if (largest === 0) return;
  for (const { peak, pixels } of pieces) {
    if (peak < LIKELY || pixels.length < largest * speckShare) for (const pixel of pixels) plane.data[pixel] = 0;
  }
  for (const { touchesFrame, pixels } of findRegions(plane, { of: 'background', hasCorners: false })) {
    if (!touchesFrame && pixels.length < largest * gapShare) for (const pixel of pixels) plane.data[pixel] = 1;
  }
}

interface Region {
  readonly pixels: Int32Array;
  /** Its largest value. */
  readonly peak: number;
  readonly touchesFrame: boolean;
}

interface Search {
  /** All that may be subject (above 0), or all that may be background (below 1). */
  readonly of: 'subject' | 'background';
  readonly hasCorners: boolean;
}

function findRegions(plane: Plane, { of, hasCorners }: Search): Region[] {
  const { width, height, data } = plane;
  // 1 where a pixel waits to be found.
  const waits = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) waits[i] = (of === 'subject' ? data[i] !== 0 : data[i] !== 1) ? 1 : 0;
  const list = new Int32Array(data.length);
  const found: Region[] = [];
  let end = 0;
  for (let start = waits.indexOf(1); start >= 0; start = waits.indexOf(1, start + 1)) {
    const from = end;
    let [peak, touchesFrame] = [0, false];
    list[end++] = start;
    waits[start] = 0;
    for (let at = from; at < end; at++) {
      const pixel = list[at] as number;
      const x = pixel % width;
      const y = (pixel - x) / width;
      peak = Math.max(peak, data[pixel] as number);
      touchesFrame ||= x === 0 || y === 0 || x === width - 1 || y === height - 1;
      for (let nearY = Math.max(0, y - 1); nearY <= Math.min(height - 1, y + 1); nearY++) {
        for (let nearX = Math.max(0, x - 1); nearX <= Math.min(width - 1, x + 1); nearX++) {
          const near = nearY * width + nearX;
          if (waits[near] === 0 || (!hasCorners && nearX !== x && nearY !== y)) continue;
          waits[near] = 0;
          list[end++] = near;
        }
      }
    }
    found.push({ pixels: list.subarray(from, end), peak, touchesFrame });
  }
  return found;
}
