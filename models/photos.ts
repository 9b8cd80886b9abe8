import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { PruneError } from './channels/errors.ts';
import { seededRandom } from './math/random.ts';
import type { InputSize } from './onnx/resize-input.ts';

/** How a network wants its photos: what of the manifest matters for filling the input tensor. */
export type InputForm = Pick<ModelManifest['input'], 'scale' | 'mean' | 'std'> & InputSize;

/** The photos in a folder and all folders below it, sorted. @throws {PruneError} `no_photos` when there are none. */
export async function listPhotos(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new PruneError('no_photos', `Expected a folder of photos, got ${folder}, which cannot be read`, { cause });
  });
  const photos = entries
    .filter((entry) => entry.isFile() && isPhotoKey(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (photos.length === 0) {
    throw new PruneError(
      'no_photos',
      `Expected photos in ${folder}, got a folder without any (jpg, png, webp, avif, tiff)`,
    );
  }
  return photos;
}

/** A seeded choice of a folder's photos, at most `count`. */
export async function pickPhotos(folder: string, { count, seed }: { count: number; seed: number }): Promise<string[]> {
  return seededRandom(seed)
    .shuffled(await listPhotos(folder))
    .slice(0, count);
}

/**
 * Reads a photo as a network's input `[1, 3, H, W]`: upright, on white where it was transparent, squeezed to the size
 * without keeping its aspect.
 */
export async function readInput(file: string, { height, width, scale, mean, std }: InputForm): Promise<Float32Array> {
  const rgb = await sharp(file)
    .rotate()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new PruneError('no_photos', `Expected a photo in ${file}, got a file that cannot be read`, { cause });
    });
  const plane = height * width;
  const unit = scale === 'one' ? 1 : scale === 'by255' ? 255 : Math.max(largest(rgb), 1e-6);
  const tensor = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const [offset, slope] = [mean[channel] ?? 0, 1 / (std[channel] ?? 1)];
    for (let i = 0; i < plane; i++) {
      tensor[channel * plane + i] = ((rgb[i * 3 + channel] ?? 0) / unit - offset) * slope;
    }
  }
  return tensor;
}

function largest(bytes: Uint8Array): number {
  let max = 0;
  for (const byte of bytes) if (byte > max) max = byte;
  return max;
}
