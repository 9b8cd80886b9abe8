import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { TrainError } from '../errors.ts';

/** Photos to learn from, and photos no step learns from, by which a training is judged. */
export interface PhotoSplit {
  readonly learned: readonly string[];
  readonly heldBack: readonly string[];
}

/**
 * Splits a folder's photos by a hash of each one's name in it, so that a photo stays on its side when others come or go.
 *
 * @param share Share held back, 0..1. @throws {TrainError} `too_few_photos` when either side would be empty.
 */
export function splitPhotos(
  files: readonly string[],
  { folder, share, seed }: { folder: string; share: number; seed: number },
): PhotoSplit {
  const isHeldBack = (file: string): boolean => nameFraction(relative(folder, file), seed) < share;
  const split = {
    learned: files.filter((file) => !isHeldBack(file)),
    heldBack: files.filter(isHeldBack),
  };
  if (split.learned.length === 0 || split.heldBack.length === 0) {
    throw new TrainError(
      'too_few_photos',
      `Expected enough photos in ${folder} to hold a part back, got ${files.length}: add photos, or hold back another share`,
    );
  }
  return split;
}

/** 0..1 by name and seed. */
function nameFraction(name: string, seed: number): number {
  return createHash('sha256').update(`${seed}/${name}`).digest().readUInt32LE(0) / 2 ** 32;
}
