import { expect, test } from 'vitest';
import { sharp } from '#functions/imaging/codec.ts';
import { embedInJpeg, embedInPng, embedInWebp } from '#functions/imaging/kernels/embed-profile.ts';
import { readJpegSegments, readPngChunks, readWebpChunks } from '#test/support/containers.ts';
import { PROFILES, rgbProfile } from '#test/support/icc-profiles.ts';

/** An odd number of bytes, which RIFF has to pad. */
const profile = Buffer.concat([rgbProfile(PROFILES.displayP3), Buffer.alloc(1)]);
const size = { width: 20, height: 10 };
const photo = () => sharp({ create: { ...size, channels: 3, background: '#4060a0' } });

async function pixelsOf(file: Buffer): Promise<Buffer> {
  return await sharp(file, { ignoreIcc: true }).raw().toBuffer();
}

test('an odd profile in a WebP is padded, and comes back without the padding', async () => {
  const plain = await photo().webp().toBuffer();

  const tagged = embedInWebp(plain, profile, size);

  expect(profile.length % 2).toBe(1);
  expect(readWebpChunks(tagged).map(({ name }) => name)).toEqual(['VP8X', 'ICCP', 'VP8 ']);
  expect((await sharp(tagged).metadata()).icc).toEqual(profile);
  expect(await pixelsOf(tagged)).toEqual(await pixelsOf(plain));
});

test('a WebP with opacity keeps the flag that says so', async () => {
  const clear = { create: { ...size, channels: 4 as const, background: { r: 9, g: 9, b: 9, alpha: 0.5 } } };
  const plain = await sharp(clear).webp().toBuffer();
  expect(readWebpChunks(plain)[0]?.content.readUInt8(0)).toBe(0x10);

  const tagged = embedInWebp(plain, profile, size);

  expect(readWebpChunks(tagged).map(({ name }) => name)).toEqual(['VP8X', 'ICCP', 'ALPH', 'VP8 ']);
  expect(readWebpChunks(tagged)[0]?.content.readUInt8(0)).toBe(0x30);
  expect(await pixelsOf(tagged)).toEqual(await pixelsOf(plain));
});

test('a progressive JPEG takes a profile', async () => {
  const plain = await photo().jpeg({ progressive: true }).toBuffer();

  const tagged = embedInJpeg(plain, profile);

  expect((await sharp(tagged).metadata()).icc).toEqual(profile);
  expect(await pixelsOf(tagged)).toEqual(await pixelsOf(plain));
});

test("a JPEG takes a profile behind JFIF's own segment where it has one", async () => {
  const bare = await photo().jpeg().toBuffer();
  const jfif = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0', 'latin1');
  const withJfif = Buffer.concat([bare.subarray(0, 2), jfif, bare.subarray(2)]);

  for (const plain of [bare, withJfif]) {
    const tagged = embedInJpeg(plain, profile);

    const markers = readJpegSegments(tagged).map(({ marker }) => marker);
    expect(markers.slice(0, 2)).toEqual(plain === withJfif ? [0xe0, 0xe2] : [0xe2, 0xdb]);
    expect((await sharp(tagged).metadata()).icc).toEqual(profile);
    expect(await pixelsOf(tagged)).toEqual(await pixelsOf(plain));
  }
});

test('a 16-bit PNG takes a profile and keeps its pixels', async () => {
  const deep = Uint16Array.from({ length: 200 * 3 }, (_, i) => i * 100);
  const raw = { raw: { ...size, channels: 3 as const } };
  const plain = await sharp(deep, raw).toColourspace('rgb16').png().toBuffer();

  const tagged = embedInPng(plain, profile);

  expect(readPngChunks(tagged).map(({ name }) => name)).toContain('iCCP');
  const back = await sharp(tagged, { ignoreIcc: true }).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
  expect([...new Uint16Array(back.buffer, back.byteOffset, deep.length)]).toEqual([...deep]);
});
