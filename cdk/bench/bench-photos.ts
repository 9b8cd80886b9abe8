import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sharp } from '#functions/imaging/codec.ts';

/** Photos of the sample catalogue that the bench uses, in turn: a stool one sees through, a trainer with laces. */
const BENCH_PHOTOS = ['ruslan-bardash-351288-unsplash.jpg', 'thomas-serer-420833-unsplash.jpg'];

/**
 * Brings real photos to a size, as JPEG of quality 90. They have 2 megapixels or less, so 12 are scaled up: softer than a
 * 12-megapixel camera's, the same for every tool.
 *
 * @returns The files, in `folder`.
 */
export async function makeBenchPhotos(
  catalogue: string,
  { megapixels, folder }: { megapixels: number; folder: string },
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const name of BENCH_PHOTOS) {
    const photo = sharp(join(catalogue, name));
    const size = await photo.metadata();
    const scale = Math.sqrt((megapixels * 1e6) / (size.width * size.height));
    const file = join(folder, `${basename(name, '.jpg')}-${megapixels}mp.jpg`);
    await photo
      .resize(Math.round(size.width * scale), Math.round(size.height * scale), { fit: 'fill', kernel: 'lanczos3' })
      .jpeg({ quality: 90 })
      .toFile(file);
    files.push(file);
  }
  return files;
}
