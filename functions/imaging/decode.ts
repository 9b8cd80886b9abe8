import type { Preset } from '../contract/preset.ts';
import { sharp } from './codec.ts';
import { type ColourPlan, planColours } from './colour-plan.ts';
import { ImagingError } from './errors.ts';
import { splitAlpha } from './kernels/split-alpha.ts';
import type { Alpha, RgbImage } from './raster.ts';
import { sniffFormat } from './sniff.ts';

/** Caps on what is decoded at all, so that a hostile or mistaken upload costs a header read and no more. */
export interface PhotoLimits {
  /** Of the file. */
  readonly maxBytes: number;
  /** Width x height, from the header. */
  readonly maxPixels: number;
}

/** @default 200 MB and 100 megapixels: a 100 MP photo needs about 0.8 GB beside the network. */
export const PHOTO_LIMITS_DEFAULTS: PhotoLimits = Object.freeze({ maxBytes: 200_000_000, maxPixels: 100_000_000 });

/** A decoded photo: upright, 8-bit sRGB. */
export interface Photo {
  readonly image: RgbImage;
  /** The photo's own transparency where it was asked for and there is one. */
  readonly alpha: Alpha | null;
  readonly format: string;
  /** EXIF orientation 1..8 that was found, and undone. */
  readonly orientation: number;
  /** As stored in the file: `srgb`, `cmyk`, `b-w`, `rgb16`, `grey16` ... with the ICC profile's presence. */
  readonly colourSpace: string;
}

export interface DecodeOptions {
  readonly limits: PhotoLimits;
  readonly existingAlpha: Preset['existingAlpha'];
}

/**
 * Decodes a photo once, to what every later stage works on: orientation applied, ICC profile (or CMYK, grey, 16 bit)
 * converted to 8-bit sRGB, only the first frame of an animation.
 *
 * @throws {ImagingError} for whatever can never be decoded. Cost: 40-60 ms CPU for a 12 MP JPEG.
 */
export async function decode(bytes: Uint8Array, { limits, existingAlpha }: DecodeOptions): Promise<Photo> {
  refuseTooManyBytes(bytes.length, limits.maxBytes);
  const format = await sniffFormat(bytes);
  const header = await readHeader(bytes, format);
  if (header.width * header.height > limits.maxPixels) {
    throw new ImagingError(
      'too_many_pixels',
      `Expected a photo of at most ${limits.maxPixels / 1e6} megapixels, got ${header.width} x ${header.height}. Upload a smaller version.`,
    );
  }

  refuseUnknownDepth(format, header);
  const colours = planColours(header);
  const opacity = colours.hasSpareChannels ? 'drop' : header.hasAlpha ? existingAlpha : 'flatten';
  const { image, alpha } = await readPixels(bytes, { format, limits, opacity, colours });
  return { image, alpha, format, orientation: header.orientation ?? 1, colourSpace: describeColourSpace(header) };
}

/** @throws {ImagingError} `too_many_bytes`; for callers that know a file's size before they read it. */
export function refuseTooManyBytes(sizeBytes: number, maxBytes: number): void {
  if (sizeBytes <= maxBytes) return;
  throw new ImagingError(
    'too_many_bytes',
    `Expected a photo of at most ${megabytes(maxBytes)} MB, got ${megabytes(sizeBytes)} MB. Upload a smaller version.`,
  );
}

/** Measurements in 32 bits have no agreed white, and libvips would cut them to their lowest 8 bits. */
function refuseUnknownDepth(
  format: string,
  { space, depth }: { readonly space: string; readonly depth: string },
): void {
  if (space !== 'b-w' || depth === 'uchar') return;
  throw new ImagingError(
    'unsupported_format',
    `Expected 8 or 16 bits a channel, got a grey ${format.toUpperCase()} with more. Export the photo as JPEG or PNG and upload it again.`,
  );
}

/** Tolerates what browsers tolerate (odd metadata, unknown markers), but not a file that ends too early. */
const FAIL_ON = 'error';

async function readHeader(bytes: Uint8Array, format: string) {
  try {
    const header = await sharp(bytes, { failOn: FAIL_ON, limitInputPixels: false }).metadata();
    if (header.width > 0 && header.height > 0) return header;
  } catch (cause) {
    throw corrupt(format, cause);
  }
  throw corrupt(format);
}

interface ReadOptions {
  readonly format: string;
  readonly limits: PhotoLimits;
  readonly opacity: Preset['existingAlpha'] | 'drop';
  readonly colours: ColourPlan;
}

async function readPixels(bytes: Uint8Array, options: ReadOptions): Promise<Pick<Photo, 'image' | 'alpha'>> {
  const { format, limits, opacity, colours } = options;
  const pipeline = sharp(bytes, {
    failOn: FAIL_ON,
    limitInputPixels: limits.maxPixels,
    // Converting sRGB to sRGB changes nothing and costs 150 ms at 12 MP.
    ignoreIcc: colours.ignoresProfile,
  })
    .autoOrient()
    .toColourspace(colours.space)
    .raw({ depth: 'uchar' });
  if (colours.appliesProfileLast) pipeline.withIccProfile('srgb');
  if (opacity === 'flatten') pipeline.flatten({ background: '#ffffff' });
  else if (opacity === 'keep') pipeline.ensureAlpha();
  else pipeline.removeAlpha();
  try {
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    if (info.channels === 4) return splitAlpha({ width: info.width, height: info.height, channels: 4, data });
    return { image: { width: info.width, height: info.height, data }, alpha: null };
  } catch (cause) {
    throw corrupt(format, cause);
  }
}

function corrupt(format: string, cause?: unknown): ImagingError {
  return new ImagingError(
    'corrupt',
    `Expected a complete ${format.toUpperCase()} photo, got a file that is damaged or was cut short. Export or upload it again.`,
    { cause },
  );
}

function describeColourSpace(header: { readonly space: string; readonly icc?: Uint8Array | undefined }): string {
  return header.icc === undefined ? header.space : `${header.space}+icc`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
