interface Plane {
  readonly width: number;
  readonly height: number;
  /** 0..255. */
  readonly data: Uint8Array;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** How much of the subject's height, from its lowest point up, stands on the ground. */
const FOOT = 0.08;

/** The subject's outline, moved down and blurred. @returns Darkness, 0..255, of the subject's frame. Cost: 7 passes. */
export function dropShadow(subject: Plane, box: Box): Uint8Array {
  const { width, height, data } = subject;
  const reach = Math.max(1, Math.round(Math.max(box.width, box.height) * 0.02));
  const moved = new Uint8Array(data.length);
  moved.set(data.subarray(0, Math.max(0, height - reach) * width), Math.min(reach * width, data.length));
  return blur({ width, height, data: moved }, reach, reach);
}

/** A flat shadow on the ground where the subject stands. @returns Darkness, 0..255, of the subject's frame. Cost: 7 passes. */
export function contactShadow(subject: Plane, box: Box): Uint8Array {
  const { width, height, data } = subject;
  const bottom = box.top + box.height;
  const from = Math.max(box.top, Math.floor(bottom - box.height * FOOT));
  const half = Math.max(1, Math.round(box.width * 0.015));
  const ground = new Uint8Array(data.length);
  for (let x = box.left; x < box.left + box.width; x++) {
    let dark = 0;
    for (let y = from; y < bottom; y++) dark = Math.max(dark, data[y * width + x] as number);
    for (let y = Math.max(0, bottom - half); y < Math.min(height, bottom + half); y++) ground[y * width + x] = dark;
  }
  return blur({ width, height, data: ground }, half * 2, half);
}

/** Three box blurs are a Gaussian to the eye. */
function blur({ width, height, data }: Plane, radiusX: number, radiusY: number): Uint8Array {
  const sums = new Uint8Array(data.length);
  const blurred = Uint8Array.from(data);
  for (let pass = 0; pass < 3; pass++) {
    blurLines(blurred, sums, { lines: height, length: width, step: 1, stride: width, radius: radiusX });
    blurLines(sums, blurred, { lines: width, length: height, step: width, stride: 1, radius: radiusY });
  }
  return blurred;
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  /** From one value of a line to the next, and from one line to the next. */
  readonly step: number;
  readonly stride: number;
  readonly radius: number;
}

/** Averages each value with those up to `radius` away on its line; nothing lies beyond the frame. */
function blurLines(from: Uint8Array, to: Uint8Array, { lines, length, step, stride, radius }: Lines): void {
  const window = 2 * radius + 1;
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    let sum = 0;
    for (let i = 0; i < Math.min(radius, length); i++) sum += from[start + i * step] as number;
    for (let i = 0; i < length; i++) {
      if (i + radius < length) sum += from[start + (i + radius) * step] as number;
      if (i - radius - 1 >= 0) sum -= from[start + (i - radius - 1) * step] as number;
      to[start + i * step] = Math.round(sum / window);
    }
  }
}
