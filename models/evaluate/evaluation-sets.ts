import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Mask, RgbImage } from '#functions/imaging/raster.ts';
import { PruneError } from '../channels/errors.ts';

/** A photo with its true mask. */
export interface Pair {
  readonly name: string;
  readonly photo: string;
  readonly truth: string;
}

/** Pairs of one origin; each set is reported apart. */
export interface EvaluationSet {
  readonly name: string;
  readonly pairs: readonly Pair[];
}

/**
 * Lists the sets in a folder: `SET/images/NAME.jpg` goes with `SET/masks/NAME.png`. Other folders are passed over.
 *
 * @param limit Pairs taken of each set at most, spread evenly. @throws {PruneError} `no_photos` when there is no set.
 */
export async function listSets(folder: string, limit = Number.POSITIVE_INFINITY): Promise<EvaluationSet[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new PruneError('no_photos', `Expected a folder of evaluation sets, got ${folder}, which cannot be read`, {
      cause,
    });
  });
  const sets: EvaluationSet[] = [];
  for (const name of names.sort()) {
    const pairs = await listPairs(join(folder, name));
    if (pairs.length === 0) continue;
    const step = Math.max(1, pairs.length / limit);
    const count = Math.min(limit, pairs.length);
    sets.push({
      name,
      pairs: Array.from({ length: count }, (_, i) => pairs[Math.floor(i * step)]).filter((p) => p !== undefined),
    });
  }
  if (sets.length === 0) {
    throw new PruneError('no_photos', `Expected SET/images and SET/masks in ${folder}, got neither`);
  }
  return sets;
}

async function listPairs(folder: string): Promise<Pair[]> {
  const [photos, masks] = await Promise.all(
    ['images', 'masks'].map((part) => readdir(join(folder, part)).catch(() => [])),
  );
  const known = new Set(masks);
  return (photos ?? []).sort().flatMap((photo) => {
    const { name } = parse(photo);
    const mask = `${name}.png`;
    if (!known.has(mask)) return [];
    return [{ name, photo: join(folder, 'images', photo), truth: join(folder, 'masks', mask) }];
  });
}

/** Decodes a photo as the workers do. */
export async function readPhoto(file: string): Promise<RgbImage> {
  const { image } = await decode(await readFile(file), { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });
  return image;
}

/** Reads a true mask, 0..1. */
export async function readTruth(file: string): Promise<Mask> {
  const { data, info } = await sharp(file).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const mask = new Float32Array(info.width * info.height);
  for (let i = 0; i < mask.length; i++) mask[i] = (data[i * info.channels] ?? 0) / 255;
  return { width: info.width, height: info.height, data: mask };
}
