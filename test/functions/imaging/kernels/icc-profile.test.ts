import { describe, expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { isSrgbProfile, profileSpace } from '#functions/imaging/kernels/icc-profile.ts';
import { greyProfile, inkProfile, PROFILES, rgbProfile } from '#test/support/icc-profiles.ts';

const LINEAR = { ...PROFILES.srgb, curve: [1] } as const;

/** libvips' own profile of that name, read back from a file. */
async function bundledProfile(name: 'srgb' | 'p3'): Promise<Buffer | undefined> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000000' } });
  return (await sharp(await pixel.withIccProfile(name).png().toBuffer()).metadata()).icc;
}

describe('sRGB is recognised', () => {
  test.each(['ascii', 'utf16'] as const)('by the numbers of a profile, its name in %s', (nameForm) => {
    expect(isSrgbProfile(rgbProfile({ ...PROFILES.srgb, nameForm }))).toBe(true);
  });

  test('whatever its name', () => {
    expect(isSrgbProfile(rgbProfile({ ...PROFILES.srgb, name: 'EPSON  Standard' }))).toBe(true);
  });

  test.each([32, 256, 1024, 4096])('with a tone curve of %d points, as cameras write it', (points) => {
    expect(isSrgbProfile(rgbProfile({ ...PROFILES.srgb, points }))).toBe(true);
  });

  test('in the small profile that libvips embeds, and so in every cutout of ours', async () => {
    expect(isSrgbProfile(await bundledProfile('srgb'))).toBe(true);
  });

  test('in a profile that starts in the middle of its buffer', () => {
    const profile = rgbProfile(PROFILES.srgb);
    const padded = new Uint8Array(profile.length + 13);
    padded.set(profile, 13);

    expect(isSrgbProfile(padded.subarray(13))).toBe(true);
  });
});

describe('other profiles are not taken for sRGB', () => {
  test.each([
    ['no profile', undefined],
    ['Display P3', rgbProfile(PROFILES.displayP3)],
    ['Adobe RGB', rgbProfile(PROFILES.adobeRgb)],
    ['linear light', rgbProfile({ ...LINEAR, name: 'Linear Rec709' })],
    ['linear light that calls itself sRGB', rgbProfile({ ...LINEAR, name: 'sRGB IEC61966-2.1' })],
    ['linear light by table', rgbProfile({ ...LINEAR, points: 16 })],
    ['Display P3 that calls itself sRGB', rgbProfile({ ...PROFILES.displayP3, name: 'sRGB built-in' })],
    ["sRGB's primaries with gamma 2.2", rgbProfile({ ...PROFILES.srgb, curve: [2.2] })],
    ['grey that calls itself sRGB', greyProfile('sRGB IEC61966-2.1', 2.2)],
    ['inks that call themselves sRGB', inkProfile('sRGB IEC61966-2.1', { paper: [100, 0, 0], ink: [0, 0, 0] })],
  ])('%s', (_, profile) => {
    expect(isSrgbProfile(profile)).toBe(false);
  });

  test("libvips' Display P3, which differs from its sRGB in twenty bytes", async () => {
    expect(isSrgbProfile(await bundledProfile('p3'))).toBe(false);
  });

  test('what is damaged, wherever it was cut', () => {
    const profile = rgbProfile(PROFILES.srgb);
    // The last tag is the shared tone curve, so that every cut loses something that is needed.
    for (let length = 0; length < profile.length; length += 7) {
      expect(isSrgbProfile(profile.subarray(0, length)), `${length} bytes`).toBe(false);
    }
  });

  test('what only looks like a profile', () => {
    const profile = rgbProfile(PROFILES.srgb);
    profile.fill(0xff, 128);

    expect(isSrgbProfile(profile)).toBe(false);
    expect(isSrgbProfile(new Uint8Array(500).fill(65))).toBe(false);
  });
});

test("a profile's space is what its pixels are", () => {
  expect(profileSpace(rgbProfile(PROFILES.srgb))).toBe('RGB ');
  expect(profileSpace(greyProfile('Grey', 2.2))).toBe('GRAY');
  expect(profileSpace(new Uint8Array(200))).toBeUndefined();
  expect(profileSpace(new Uint8Array(3))).toBeUndefined();
});
