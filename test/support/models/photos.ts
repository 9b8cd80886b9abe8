import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '#models/math/random.ts';

/** Writes small photos of seeded blurred noise into a folder: enough texture for channels to differ. @returns Their paths. */
export async function writeNoisePhotos(folder: string, count: number, size = 48): Promise<string[]> {
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const random = seededRandom(index + 1);
    const data = Uint8Array.from({ length: size * size * 3 }, () => random.integer(256));
    const file = join(folder, `noise-${index}.png`);
    await sharp(data, { raw: { width: size, height: size, channels: 3 } })
      .blur(1)
      .png()
      .toFile(file);
    files.push(file);
  }
  return files;
}

/** Input form of the graphs that tests build: x / 255 - 0.5. */
export const noiseForm = (size: number) => ({
  width: size,
  height: size,
  scale: 'by255' as const,
  mean: [0.5, 0.5, 0.5] as [number, number, number],
  std: [1, 1, 1] as [number, number, number],
});
