import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Mask, RgbImage } from '#functions/imaging/raster.ts';
import { PruneError } from '../channels/errors.ts';

/** A photo with its true mask. */
export interface Pair {
  readonly name: string;
  readonly photo: string;
  /** A grey PNG, or one whose alpha is the mask. */
  readonly truth: string;
}

/** Pairs of one origin; each set is reported apart. */
export interface EvaluationSet {
  readonly name: string;
  readonly pairs: readonly Pair[];
}

export interface ListSetsOptions {
  /** Pairs taken of each set at most, spread evenly. @default all */
  readonly limit?: number;
  /** The model whose masks another program has written down, in sets that hold such. */
  readonly expectedOf?: Pick<ModelManifest, 'id' | 'family'>;
}

/**
 * Lists the sets in a folder. `SET/images/NAME.jpg` goes with `SET/masks/NAME.png`; `SET/inputs/NAME.jpg` goes with
 * `SET/expected/NAME.MODEL.png`, the cutout that another program makes of it with the same model. Other folders are passed over.
 *
 * @throws {PruneError} `no_photos` when there is no set.
 */
export async function listSets(
  folder: string,
  { limit = Number.POSITIVE_INFINITY, expectedOf }: ListSetsOptions = {},
): Promise<EvaluationSet[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new PruneError('no_photos', `Expected a folder of evaluation sets, got ${folder}, which cannot be read`, {
      cause,
    });
  });
  const sets: EvaluationSet[] = [];
  for (const name of names.sort()) {
    const set = join(folder, name);
    const pairs = [
      ...(await truePairs(set)),
      ...(expectedOf === undefined ? [] : await expectedPairs(set, expectedOf)),
    ];
    if (pairs.length > 0) sets.push({ name, pairs: spread(pairs, limit) });
  }
  if (sets.length === 0) {
    throw new PruneError('no_photos', `Expected SET/images and SET/masks in ${folder}, got neither`);
  }
  return sets;
}

function spread<T>(items: readonly T[], limit: number): T[] {
  const count = Math.min(limit, items.length);
  return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)]).filter(
    (item) => item !== undefined,
  );
}

async function truePairs(set: string): Promise<Pair[]> {
  const masks = new Set(await filesIn(join(set, 'masks')));
  return (await filesIn(join(set, 'images'))).flatMap((photo) => {
    const { name } = parse(photo);
    if (!masks.has(`${name}.png`)) return [];
    return [{ name, photo: join(set, 'images', photo), truth: join(set, 'masks', `${name}.png`) }];
  });
}

/** Pairs of the model itself, else of the first of its family. */
async function expectedPairs(set: string, { id, family }: { id: string; family: string }): Promise<Pair[]> {
  const expected = await filesIn(join(set, 'expected'));
  return (await filesIn(join(set, 'inputs'))).flatMap((photo) => {
    const { name } = parse(photo);
    const own = expected.find((file) => file === `${name}.${id}.png`);
    const found = own ?? expected.find((file) => file.startsWith(`${name}.${family}`));
    if (found === undefined) return [];
    return [{ name, photo: join(set, 'inputs', photo), truth: join(set, 'expected', found) }];
  });
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** Decodes a photo as the workers do. */
export async function readPhoto(file: string): Promise<RgbImage> {
  const { image } = await decode(await readFile(file), { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });
  return image;
}

/** Reads a true mask, 0..1: a picture's alpha, or its grey where it has none. */
export async function readTruth(file: string): Promise<Mask> {
  const picture = sharp(file);
  const { hasAlpha } = await picture.metadata();
  const channel = hasAlpha ? picture.extractChannel('alpha') : picture.toColourspace('b-w').extractChannel(0);
  const { data, info } = await channel.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data: Float32Array.from(data, (value) => value / 255) };
}
