interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/**
 * Compares two pictures of the same shape value by value.
 *
 * @param tolerance Largest difference that is still the same. @returns A sentence about the first pixel that differs, or
 * null, so that a test says `expect(firstDifference(actual, expected)).toBeNull()`.
 */
export function firstDifference(actual: Picture, expected: Picture, tolerance = 0): string | null {
  const shape = ({ width, height, data }: Picture) => `${width} x ${height} x ${data.length / (width * height)}`;
  if (shape(actual) !== shape(expected)) return `Expected a shape of ${shape(expected)}, got ${shape(actual)}`;
  const channels = actual.data.length / (actual.width * actual.height);
  for (let i = 0; i < expected.data.length; i++) {
    if (Math.abs((actual.data[i] ?? Number.NaN) - (expected.data[i] ?? Number.NaN)) <= tolerance) continue;
    const pixel = Math.floor(i / channels);
    const values = ({ data }: Picture) =>
      Array.from({ length: channels }, (_, channel) => data[pixel * channels + channel]).join(', ');
    const place = `(${pixel % actual.width}, ${Math.floor(pixel / actual.width)})`;
    return `Expected pixel ${place} to be [${values(expected)}], got [${values(actual)}]`;
  }
  return null;
}

/**
 * How different two sRGB colours look: CIE 1976 delta E, in which 2 is about what an eye sees side by side.
 *
 * @param a, b Red, green, blue, 0..255.
 */
export function deltaE(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [lab(a), lab(b)];
  return Math.hypot(...first.map((value, index) => value - (second[index] ?? Number.NaN)));
}

/** sRGB to linear light; IEC 61966-2-1. */
export function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** sRGB to CIE Lab under its own white point D65. */
function lab(colour: readonly number[]): number[] {
  const [r = 0, g = 0, b = 0] = colour.map((value) => linear(value / 255));
  const [x, y, z] = [
    (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
    0.2126 * r + 0.7152 * g + 0.0722 * b,
    (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0891,
  ].map((value) => (value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value) / 116 + 16 / 116));
  if (x === undefined || y === undefined || z === undefined) throw new Error('Expected a colour of three values');
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
