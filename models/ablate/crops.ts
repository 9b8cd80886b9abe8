import { sharp } from '#functions/imaging/codec.ts';
import type { EvaluationSet } from '../evaluate/evaluation-sets.ts';
import crops from './crops.json' with { type: 'json' };
import { maskFile } from './study.ts';

const TILE = 128;
const GAP = 4;
/** What shows behind a cutout: no colour of any product or person. */
const BACKDROP = [255, 0, 160] as const;

/** What the strip's rows show, from above. */
export const CROP_NAMES: readonly string[] = crops.map(({ what }) => what);

/** Where the photos come from, and under which licence. */
export const CROP_ORIGINS: readonly string[] = [...new Set(crops.map(({ origin }) => origin))];

/**
 * Draws details of a few photos: a row each, the photo itself first, then cut out by every mask of a list of folders.
 *
 * @param folders Where `masks/SET/NAME.png` lie, one a column. @returns A JPEG, or none where the sets lack those photos.
 */
export async function drawCrops(
  sets: readonly EvaluationSet[],
  folders: readonly string[],
): Promise<Uint8Array | undefined> {
  const tiles: { row: number; column: number; data: Uint8Array }[] = [];
  for (const [row, crop] of crops.entries()) {
    const pairs = sets.find(({ name }) => name === crop.set)?.pairs ?? [];
    const pair = pairs.find(({ name }) => name === crop.photo);
    if (pair === undefined) return undefined;
    const box = { left: crop.left, top: crop.top, width: crop.size, height: crop.size };
    const photo = await sharp(pair.photo).extract(box).resize(TILE, TILE).removeAlpha().raw().toBuffer();
    tiles.push({ row, column: 0, data: photo });
    for (const [index, folder] of folders.entries()) {
      const mask = sharp(maskFile(folder, crop.set, crop.photo)).extractChannel(0);
      const alpha = await mask.extract(box).resize(TILE, TILE).raw().toBuffer();
      tiles.push({ row, column: index + 1, data: blended(photo, alpha) });
    }
  }
  const size = (count: number): number => count * (TILE + GAP) - GAP;
  return sharp({
    create: { width: size(folders.length + 1), height: size(crops.length), channels: 3, background: 'white' },
  })
    .composite(
      tiles.map(({ row, column, data }) => ({
        input: Buffer.from(data),
        raw: { width: TILE, height: TILE, channels: 3 },
        left: column * (TILE + GAP),
        top: row * (TILE + GAP),
      })),
    )
    .jpeg({ quality: 82 })
    .toBuffer();
}

function blended(photo: Uint8Array, alpha: Uint8Array): Uint8Array {
  return photo.map((value, i) => {
    const share = (alpha[Math.floor(i / 3)] ?? 0) / 255;
    return Math.round(value * share + (BACKDROP[i % 3] ?? 0) * (1 - share));
  });
}
