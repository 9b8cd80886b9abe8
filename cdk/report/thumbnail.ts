import { stat } from 'node:fs/promises';
// Not sharp itself: this one only opens the formats we accept, and notices when a file changes under the same name.
import { sharp } from '#functions/imaging/codec.ts';

/** A small picture that lives inside the page. */
export interface Thumbnail {
  /** WebP as `data:` address. */
  readonly address: string;
  readonly width: number;
  readonly height: number;
}

export interface ThumbnailOptions {
  /** Longest side. @default 288, twice the size it is shown at. */
  readonly sidePx?: number;
  /** Larger files get none. @default 100 MB */
  readonly maxBytes?: number;
  /** Larger photos get none. @default 120 million */
  readonly maxPixels?: number;
  /** @default 20 */
  readonly timeoutSeconds?: number;
}

export const THUMBNAIL_DEFAULTS = { sidePx: 288, maxBytes: 100e6, maxPixels: 120e6, timeoutSeconds: 20 } as const;

/**
 * Makes a thumbnail, upright and in sRGB, alpha kept.
 *
 * @returns null where there is nothing to show: the file is gone, broken, too large or not a photo. A damaged photo
 *   shows as much as can be read of it. Cost: one decode, in memory a few scan lines and the thumbnail.
 */
export async function makeThumbnail(path: string, options: ThumbnailOptions = {}): Promise<Thumbnail | null> {
  const { sidePx, maxBytes, maxPixels, timeoutSeconds } = { ...THUMBNAIL_DEFAULTS, ...options };
  const size = await stat(path).then(
    (facts) => facts.size,
    () => 0,
  );
  if (size === 0 || size > maxBytes) return null;
  const drawn = await drawThumbnail(path, { sidePx, maxPixels, timeoutSeconds });
  if (drawn === null) return null;
  const { bytes, width, height } = drawn;
  return { address: `data:image/webp;base64,${bytes.toString('base64')}`, width, height };
}

/** The same as a WebP file. @param picture Its path, or its bytes. */
export async function drawThumbnail(
  picture: string | Uint8Array,
  { sidePx, maxPixels, timeoutSeconds }: Omit<Required<ThumbnailOptions>, 'maxBytes'>,
): Promise<{ readonly bytes: Buffer; readonly width: number; readonly height: number } | null> {
  try {
    const { data, info } = await sharp(picture, { failOn: 'none', limitInputPixels: maxPixels, sequentialRead: true })
      .autoOrient()
      .resize(sidePx, sidePx, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 72, effort: 2, alphaQuality: 80 })
      .timeout({ seconds: timeoutSeconds })
      .toBuffer({ resolveWithObject: true });
    return { bytes: data, width: info.width, height: info.height };
  } catch {
    // The page says in words what is wrong with this photo; a second opinion from the decoder helps nobody.
    return null;
  }
}
