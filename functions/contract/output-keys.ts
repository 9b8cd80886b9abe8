import { FORMAT_EXTENSIONS, type Preset } from './preset.ts';

/** Endings that a folder or bucket listing counts as photos. Some can only end in a `rejected` record, which beats silence. */
export const PHOTO_EXTENSIONS = [
  'jpg',
  'jpeg',
  'png',
  'webp',
  'avif',
  'tif',
  'tiff',
  'gif',
  'heic',
  'heif',
  'bmp',
  'svg',
  'jp2',
  'jxl',
  'psd',
] as const;

const photoEnding = new RegExp(`\\.(${PHOTO_EXTENSIONS.join('|')})$`, 'i');

/** Whether a key ends like a photo. */
export function isPhotoKey(key: string): boolean {
  return photoEnding.test(key);
}

/**
 * The name a photo's results carry, one-to-one so that no two photos share a result.
 *
 * A worker sees one event at a time and cannot know that `shoe.png` lies beside `shoe.jpg`, so the name must follow
 * from the key alone: `.jpg` is dropped (`shoe.jpg` -> `shoe`), any other ending stays (`shoe.png` -> `shoe.png`), and a
 * key without a photo's ending gets a dot (`shoe` -> `shoe.`). `shoe.png.jpg` and `shoe..jpg` keep their `.jpg`, or they
 * would meet `shoe.png` and `shoe`.
 */
export function resultStem(key: string): string {
  if (!isPhotoKey(key)) return `${key}.`;
  const stem = key.replace(/\.jpg$/, '');
  const isTaken = isPhotoKey(stem) || stem.endsWith('.');
  const hasName = stem !== '' && !stem.endsWith('/');
  return hasName && !isTaken ? stem : key;
}

/** Where a photo's cutout goes in the cutouts bucket or folder. */
export function cutoutKey(key: string, format: Preset['format']): string {
  return `cutouts/${resultStem(key)}.${FORMAT_EXTENSIONS[format]}`;
}

/** Where each of a photo's renditions goes: the first is its cutout, each further one lies in its preset's folder. */
export function renditionKeys(key: string, presets: readonly Pick<Preset, 'id' | 'format'>[]): string[] {
  return presets.map(({ id, format }, index) =>
    index === 0 ? cutoutKey(key, format) : `${id}/${resultStem(key)}.${FORMAT_EXTENSIONS[format]}`,
  );
}

/** Where a photo's record goes. */
export function recordKey(key: string): string {
  return `records/${key}.json`;
}

const REFUSED = 'refused/';

/** Where a result goes that a person refused: out of the folders that are published. */
export function refusedKey(key: string): string {
  return key.startsWith(REFUSED) ? key : REFUSED + key;
}

/** Where a result lies that nobody refused. */
export function acceptedKey(key: string): string {
  return key.startsWith(REFUSED) ? key.slice(REFUSED.length) : key;
}
