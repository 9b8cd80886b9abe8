/** The names that makers of sRGB profiles write into them. Linear or wide variants carry other names. */
const SRGB_NAMES = ['sRGB IEC61966-2.1', 'sRGB IEC61966-2-1', 'sRGB built-in', 'sRGB2014', 'c2ci'];

/**
 * Whether an ICC profile says that the pixels are sRGB already.
 *
 * Looks for the profile's description, as ASCII (ICC version 2) or UTF-16 (version 4).
 */
export function isSrgbProfile(profile: Uint8Array | undefined): boolean {
  if (profile === undefined) return false;
  const bytes = Buffer.from(profile.buffer, profile.byteOffset, profile.byteLength);
  const description = describe(bytes);
  return SRGB_NAMES.some((name) => description.includes(name));
}

const TAG_TABLE = 128;

/** Reads the `desc` tag; ICC.1:2022, section 7.3 (tag table) and 9.2.41 (profileDescriptionTag). */
function describe(profile: Buffer): string {
  if (profile.length < TAG_TABLE + 4) return '';
  const count = Math.min(profile.readUInt32BE(TAG_TABLE), 100);
  for (let tag = 0; tag < count; tag++) {
    const entry = TAG_TABLE + 4 + tag * 12;
    if (entry + 12 > profile.length) return '';
    if (profile.toString('latin1', entry, entry + 4) !== 'desc') continue;
    const offset = profile.readUInt32BE(entry + 4);
    // Dropping the zero bytes reads both the ASCII and the UTF-16 form of an ASCII name.
    return profile.toString('latin1', offset, offset + profile.readUInt32BE(entry + 8)).replaceAll('\0', '');
  }
  return '';
}
