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
  try {
    const { size } = await stat(path);
    if (size === 0 || size > maxBytes) return null;
    const photo = sharp(path, { failOn: 'none', limitInputPixels: maxPixels, sequentialRead: true });
    const { data, info } = await photo
      .autoOrient()
      .resize(sidePx, sidePx, { fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 72, effort: 2, alphaQuality: 80 })
      .timeout({ seconds: timeoutSeconds })
      .toBuffer({ resolveWithObject: true });
    return { address: `data:image/webp;base64,${data.toString('base64')}`, width: info.width, height: info.height };
  } catch {
    // The page says in words what is wrong with this photo; a second opinion from the decoder helps nobody.
    return null;
  }
}
