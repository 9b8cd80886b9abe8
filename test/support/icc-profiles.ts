/** The two ways in which ICC version 2 and 4 files write a name. */
export type NameForm = 'ascii' | 'utf16';

/** What a matrix profile says: three primaries as D50 XYZ, and one tone curve for all three. */
export interface MatrixProfile {
  readonly name: string;
  readonly nameForm?: NameForm;
  /** Rows r, g, b; columns X, Y, Z. */
  readonly primaries: readonly (readonly [number, number, number])[];
  /** One number is a plain exponent; five are ICC's parametric type 3: g, a, b, c, d. */
  readonly curve: readonly [number] | readonly [number, number, number, number, number];
  /** Write the curve as a table of so many points instead of as a formula. */
  readonly points?: number;
}

const SRGB_CURVE = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045] as const;

/** Primaries adapted to D50 with Bradford's matrix, as Lindbloom and Apple publish them. */
export const PROFILES = {
  srgb: {
    name: 'sRGB IEC61966-2.1',
    primaries: [
      [0.43607, 0.22249, 0.01392],
      [0.38515, 0.71687, 0.09708],
      [0.14307, 0.06061, 0.7141],
    ],
    curve: SRGB_CURVE,
  },
  displayP3: {
    name: 'Display P3',
    primaries: [
      [0.51512, 0.2412, -0.00105],
      [0.29198, 0.69225, 0.04189],
      [0.1571, 0.06657, 0.78407],
    ],
    curve: SRGB_CURVE,
  },
  adobeRgb: {
    name: 'Adobe RGB (1998)',
    primaries: [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
    ],
    curve: [563 / 256],
  },
} as const satisfies Record<string, MatrixProfile>;

/** Writes a matrix profile (ICC.1:2022, section 7 and 9.3). */
export function rgbProfile({ name, nameForm = 'utf16', primaries, curve, points }: MatrixProfile): Buffer {
  const [red, green, blue] = primaries.map((primary) => xyzTag(primary));
  const tone = points === undefined ? curveTag(curve) : tableTag(curve, points);
  return profile('RGB ', [
    ['desc', nameForm === 'utf16' ? unicodeName(name) : asciiName(name)],
    ['wtpt', xyzTag([0.9642, 1, 0.8249])],
    ['rXYZ', red],
    ['gXYZ', green],
    ['bXYZ', blue],
    ['rTRC', tone],
    ['gTRC', tone],
    ['bTRC', tone],
  ]);
}

/** Writes a grey profile with one exponent. */
export function greyProfile(name: string, gamma: number): Buffer {
  return profile('GRAY', [
    ['desc', unicodeName(name)],
    ['wtpt', xyzTag([0.9642, 1, 0.8249])],
    ['kTRC', curveTag([gamma])],
  ]);
}

/**
 * Writes a CMYK profile by table that turns any mix of inks into one of two colours.
 *
 * @param paper, ink CIE Lab without and with cyan; what lies between is interpolated.
 */
export function inkProfile(name: string, { paper, ink }: { paper: readonly number[]; ink: readonly number[] }): Buffer {
  const head = Buffer.alloc(48);
  head.write('mft1', 0, 'latin1');
  head.set([4, 3, 2], 8);
  fixed([1, 0, 0, 0, 1, 0, 0, 0, 1]).copy(head, 12);
  const identity = Uint8Array.from({ length: 256 }, (_, value) => value);
  // Cyan is the slowest of the four, so the first half of the sixteen corners has none.
  const corners = [paper, ink].flatMap((lab) => new Array<readonly number[]>(8).fill(lab));
  const nodes = corners.flatMap(([l = 0, a = 0, b = 0]) => [Math.round(l * 2.55), a + 128, b + 128]);
  const table = Buffer.concat([
    head,
    ...new Array(4).fill(identity),
    Buffer.from(nodes),
    ...new Array(3).fill(identity),
  ]);
  return profile('CMYK', [
    ['desc', unicodeName(name)],
    ['wtpt', xyzTag([0.9642, 1, 0.8249])],
    ['A2B0', table],
  ]);
}

type Tags = readonly (readonly [name: string, body: Buffer | undefined])[];

function profile(space: 'RGB ' | 'GRAY' | 'CMYK', tags: Tags): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x04200000, 8);
  header.write(space === 'CMYK' ? 'prtr' : 'mntr', 12, 'latin1');
  header.write(space, 16, 'latin1');
  header.write(space === 'CMYK' ? 'Lab ' : 'XYZ ', 20, 'latin1');
  header.write('acsp', 36, 'latin1');
  fixed([0.9642, 1, 0.8249]).copy(header, 68);

  const table = Buffer.alloc(4 + 12 * tags.length);
  table.writeUInt32BE(tags.length, 0);
  const bodies: Buffer[] = [];
  let offset = header.length + table.length;
  tags.forEach(([tag, body = Buffer.alloc(0)], index) => {
    const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    table.write(tag, 4 + index * 12, 'latin1');
    table.writeUInt32BE(offset, 8 + index * 12);
    table.writeUInt32BE(body.length, 12 + index * 12);
    bodies.push(padded);
    offset += padded.length;
  });
  header.writeUInt32BE(offset, 0);
  return Buffer.concat([header, table, ...bodies]);
}

function fixed(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => {
    bytes.writeInt32BE(Math.round(value * 65536), index * 4);
  });
  return bytes;
}

function xyzTag(values: readonly number[]): Buffer {
  return Buffer.concat([Buffer.from('XYZ \0\0\0\0', 'latin1'), fixed(values)]);
}

/** Always parametric: type 0 is a plain exponent, type 3 has a straight piece at the dark end. */
function curveTag(parameters: readonly number[]): Buffer {
  const kind = Buffer.from([0, parameters.length === 1 ? 0 : 3, 0, 0]);
  return Buffer.concat([Buffer.from('para\0\0\0\0', 'latin1'), kind, fixed(parameters)]);
}

function tableTag([g, a = 1, b = 0, c = 0, d = 0]: readonly number[], points: number): Buffer {
  const tag = Buffer.alloc(12 + points * 2);
  tag.write('curv', 0, 'latin1');
  tag.writeUInt32BE(points, 8);
  for (let point = 0; point < points; point++) {
    const value = point / (points - 1);
    const light = value >= d ? (a * value + b) ** (g ?? 1) : c * value;
    tag.writeUInt16BE(Math.round(light * 65535), 12 + point * 2);
  }
  return tag;
}

function unicodeName(name: string): Buffer {
  const text = Buffer.from(name, 'utf16le').swap16();
  const head = Buffer.alloc(28);
  head.write('mluc', 0, 'latin1');
  head.writeUInt32BE(1, 8);
  head.writeUInt32BE(12, 12);
  head.write('enUS', 16, 'latin1');
  head.writeUInt32BE(text.length, 20);
  head.writeUInt32BE(28, 24);
  return Buffer.concat([head, text]);
}

function asciiName(name: string): Buffer {
  const head = Buffer.alloc(12);
  head.write('desc', 0, 'latin1');
  head.writeUInt32BE(name.length + 1, 8);
  return Buffer.concat([head, Buffer.from(`${name}\0`, 'latin1'), Buffer.alloc(78)]);
}
