import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { ImagingError } from '#functions/imaging/errors.ts';
import { drawThumbnail, THUMBNAIL_DEFAULTS } from '../../report/thumbnail.ts';
import { StudioError } from './studio-error.ts';

/** A picture as a browser gets it. */
export interface ServedPicture {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Pictures drawn at once: the pipeline needs the cores, too, and so does the browser that scrolls past them. */
const DRAWN_AT_ONCE = Math.max(1, Math.floor(availableParallelism() / 2));
const PHOTO_QUALITY = 90;

/** Draws pictures for the page, and keeps them in a folder under the hash of what they show. */
export class PictureDesk {
  readonly #folder: string;
  #drawing = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A thumbnail, alpha kept. @throws {StudioError} `not_a_photo` where there is nothing to show. */
  async thumbnail(version: string, read: () => Promise<Uint8Array>): Promise<ServedPicture> {
    const draw = async () => {
      const drawn = await drawThumbnail(await read(), THUMBNAIL_DEFAULTS);
      if (drawn === null) throw notShowable();
      return drawn.bytes;
    };
    const bytes = await this.kept(`${version}.thumb.webp`, () => this.inTurn(draw));
    return { bytes, contentType: 'image/webp' };
  }

  /** A photo as the pipeline sees it: upright, sRGB, without its metadata. @throws {StudioError} `not_a_photo` */
  async photo(version: string, read: () => Promise<Uint8Array>): Promise<ServedPicture> {
    const draw = async () => {
      const { image } = await decodePhoto(await read(), 'flatten');
      const { width, height, data } = image;
      return await sharp(data, { raw: { width, height, channels: 3 } })
        .jpeg({ quality: PHOTO_QUALITY })
        .toBuffer();
    };
    const bytes = await this.kept(`${version}.photo.jpg`, () => this.inTurn(draw));
    return { bytes, contentType: 'image/jpeg' };
  }

  /** Something that takes a while to make, made once. @param name Names what it shows. */
  async kept(name: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const path = join(this.#folder, createHash('sha256').update(name).digest('hex').slice(0, 40));
    const there = await readFile(path).catch(() => null);
    if (there !== null) return there;
    const bytes = await make();
    await mkdir(this.#folder, { recursive: true });
    const draft = `${path}.${process.pid}.${Math.round(performance.now() * 1e3)}`;
    // A full disk costs time, not the picture.
    await writeFile(draft, bytes).then(
      () => rename(draft, path),
      () => {},
    );
    return bytes;
  }

  /** Does what fills a core when one is free. What is done in turn must not wait for a turn itself. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#drawing >= DRAWN_AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#drawing++;
    try {
      return await work();
    } finally {
      this.#drawing--;
      // The newest first: what was asked for before it has been scrolled past.
      this.#waiting.pop()?.();
    }
  }
}

/** @throws {StudioError} `not_a_photo` */
export async function decodePhoto(bytes: Uint8Array, existingAlpha: 'flatten' | 'keep') {
  try {
    return await decode(bytes, { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha });
  } catch (error) {
    if (error instanceof ImagingError) throw notShowable(error);
    throw error;
  }
}

function notShowable(cause?: Error): StudioError {
  return new StudioError('not_a_photo', cause?.message ?? 'Expected a picture that can be shown, got something else.', {
    cause,
  });
}
