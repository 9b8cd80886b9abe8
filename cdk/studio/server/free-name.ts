import { isPhotoKey } from '#functions/contract/output-keys.ts';
import { StudioError } from './studio-error.ts';

const MOST_TRIES = 1_000;
const LONGEST = 200;

/**
 * The key of a photo that comes in under a name a browser gave: no folder, nothing a file system could trip over.
 *
 * @returns `name`, or `name-2` and so on where that is taken. @throws {StudioError} `bad_name`
 */
export async function freeName(name: string, isFree: (key: string) => Promise<boolean>): Promise<string> {
  const clean = photoName(name);
  const dot = clean.lastIndexOf('.');
  for (let n = 1; n <= MOST_TRIES; n++) {
    const key = n === 1 ? clean : `${clean.slice(0, dot)}-${n}${clean.slice(dot)}`;
    if (await isFree(key)) return key;
  }
  throw new StudioError(
    'bad_name',
    `Expected a name that is not taken, got ${JSON.stringify(name)}. Rename the photo.`,
  );
}

/** Keeps what is harmless, so that `<img onerror>.jpg` stays what it was called: only the page must never take it for markup. */
export function photoName(name: string): string {
  const base = name.split(/[/\\]/).at(-1) ?? '';
  const clean = base
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}:*?"|]/gu, '_')
    .replace(/^\.+/, '_')
    .trim();
  if (isPhotoKey(clean) && clean.length <= LONGEST && Buffer.byteLength(clean) <= 250) return clean;
  throw new StudioError(
    'bad_name',
    `Expected a photo's name of at most ${LONGEST} characters with an ending like .jpg or .png, got ${JSON.stringify(base.slice(0, 300))}.`,
  );
}
