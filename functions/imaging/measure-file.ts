import { sharp } from './codec.ts';
import { isSrgbProfile } from './kernels/icc-profile.ts';
import type { Raster } from './raster.ts';
import { sniffFormat } from './sniff.ts';

/** What a file says of itself and how large its picture is. */
export interface FileFacts {
  readonly width: number;
  readonly height: number;
  readonly longest_side: number;
  readonly shortest_side: number;
  readonly side_sum: number;
  readonly pixels: number;
  readonly ratio: number;
  readonly bytes: number;
  readonly bits: number;
  readonly format: string;
  /** `srgb` where it is that or says nothing else, else what it is. */
  readonly colour_space: string;
}

/** Beyond this a picture is no listing, but an attack on memory. */
const MOST_PIXELS = 200e6;

/** Decodes a finished file. @returns Its facts, and its own values as RGBA: no profile is applied, nothing is flattened. */
export async function measureFile(bytes: Uint8Array): Promise<{ facts: FileFacts; raster: Raster }> {
  const format = await sniffFormat(bytes);
  const options = { failOn: 'error', limitInputPixels: MOST_PIXELS, ignoreIcc: true } as const;
  const { space, depth, icc } = await sharp(bytes, options).metadata();
  const { data, info } = await sharp(bytes, options)
    .autoOrient()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const facts = {
    width,
    height,
    longest_side: Math.max(width, height),
    shortest_side: Math.min(width, height),
    side_sum: width + height,
    pixels: width * height,
    ratio: width / height,
    bytes: bytes.length,
    bits: BITS[depth] ?? 32,
    format,
    colour_space: icc === undefined || isSrgbProfile(icc) ? space : `${space} with another profile`,
  };
  return { facts, raster: { width, height, channels: 4, data } };
}

const BITS: Readonly<Record<string, number>> = { uchar: 8, char: 8, ushort: 16, short: 16 };
