/** sRGB's primaries adapted to D50, rows r, g, b and columns X, Y, Z, and by how much makers of profiles round them. */
const SRGB_PRIMARIES = [0.4361, 0.2225, 0.0139, 0.3851, 0.7169, 0.0971, 0.1431, 0.0606, 0.7141];
const PRIMARY_TOLERANCE = 0.002;

/** In 8-bit levels: small profiles draw the tone curve with a few dozen points. */
const CURVE_TOLERANCE = 1.5;
const CURVE_SAMPLES = 64;

/**
 * Whether an ICC profile says that the pixels are sRGB already, within what 8 bits can show.
 *
 * Measured by its primaries and tone curves; names are not enough, since every maker writes another one and linear or
 * wide variants carry similar ones. A profile by tables is never taken for sRGB.
 */
export function isSrgbProfile(profile: Uint8Array | undefined): boolean {
  if (profile === undefined || profileSpace(profile) !== 'RGB ') return false;
  const tags = readTags(Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength));
  if (tags.has('A2B0') || tags.has('A2B1') || tags.has('D2B0')) return false;

  const primaries = ['rXYZ', 'gXYZ', 'bXYZ'].flatMap((name) => readXyz(tags.get(name)));
  const isNear = SRGB_PRIMARIES.every((value, index) => {
    return Math.abs(value - (primaries[index] ?? Number.NaN)) <= PRIMARY_TOLERANCE;
  });
  return isNear && ['rTRC', 'gTRC', 'bTRC'].every((name) => isSrgbCurve(tags.get(name)));
}

/** The colour space of the pixels a profile is for, e.g. `RGB `, `GRAY` or `CMYK`; undefined for what is no profile. */
export function profileSpace(profile: Uint8Array): string | undefined {
  const text = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength).toString('latin1', 0, 40);
  return text.slice(36) === 'acsp' ? text.slice(16, 20) : undefined;
}

const TAG_TABLE = 128;

/** ICC.1:2022, section 7.3. Tags that reach beyond the profile are left out. */
function readTags(profile: Buffer): Map<string, Buffer> {
  const tags = new Map<string, Buffer>();
  const count = profile.length < TAG_TABLE + 4 ? 0 : profile.readUInt32BE(TAG_TABLE);
  for (let tag = 0; tag < Math.min(count, 100); tag++) {
    const entry = TAG_TABLE + 4 + tag * 12;
    if (entry + 12 > profile.length) break;
    const offset = profile.readUInt32BE(entry + 4);
    const end = offset + profile.readUInt32BE(entry + 8);
    if (end <= profile.length) tags.set(profile.toString('latin1', entry, entry + 4), profile.subarray(offset, end));
  }
  return tags;
}

function readXyz(tag: Buffer | undefined): number[] {
  return tag === undefined || tag.length < 20 ? [] : [8, 12, 16].map((at) => readFixed(tag, at));
}

/** s15Fixed16Number; ICC.1:2022, section 4.6. */
function readFixed(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / 65536;
}

function isSrgbCurve(tag: Buffer | undefined): boolean {
  const curve = tag === undefined || tag.length < 12 ? undefined : readCurve(tag);
  if (curve === undefined) return false;
  for (let sample = 0; sample <= CURVE_SAMPLES; sample++) {
    const value = sample / CURVE_SAMPLES;
    if (!(Math.abs(encodeSrgb(curve(value)) - value) * 255 <= CURVE_TOLERANCE)) return false;
  }
  return true;
}

/** IEC 61966-2-1. */
function encodeSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

type Curve = (value: number) => number;

/** Reads a tone curve: a table of points or sRGB's own kind of formula. Single exponents never are sRGB's. */
function readCurve(tag: Buffer): Curve | undefined {
  const kind = tag.toString('latin1', 0, 4);
  if (kind === 'curv') return tableCurve(tag);
  // Parametric type 3 (ICC.1:2022, section 10.18): (a x + b)^g from d on, c x below.
  if (kind !== 'para' || tag.readUInt16BE(8) !== 3 || tag.length < 32) return undefined;
  const [g, a, b, c, d] = [12, 16, 20, 24, 28].map((at) => readFixed(tag, at));
  if (g === undefined || a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  return (value) => (value >= d ? (a * value + b) ** g : c * value);
}

function tableCurve(tag: Buffer): Curve | undefined {
  const count = tag.readUInt32BE(8);
  if (count < 2 || tag.length < 12 + count * 2) return undefined;
  return (value) => {
    const place = value * (count - 1);
    const left = Math.min(Math.floor(place), count - 2);
    const [low, high] = [tag.readUInt16BE(12 + left * 2), tag.readUInt16BE(14 + left * 2)];
    return (low + (high - low) * (place - left)) / 65535;
  };
}
