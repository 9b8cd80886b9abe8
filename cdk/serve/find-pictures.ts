import { ApiError, invalid, tooLarge } from './api-error.ts';
import { FetchError, type FetchOptions, fetchPicture } from './fetch-picture.ts';
import type { Form } from './read-form.ts';
import { BACKDROP_SOURCES, SOURCES } from './read-parameters.ts';
import { multipleBackgrounds } from './to-preset.ts';

/** The files of a request. */
export interface Pictures {
  readonly photo: Buffer;
  readonly backdrop: Buffer | null;
}

interface LoadOptions {
  readonly maxBytes: number;
  /** How pictures are fetched from their URLs; null where that is switched off. */
  readonly fetching: Partial<FetchOptions> | null;
}

/** Where a request says that its pictures are. */
export interface Sources {
  readonly photo: (typeof SOURCES)[number];
  readonly backdrop: (typeof BACKDROP_SOURCES)[number] | null;
}

/** Sees where a request has its pictures. @throws {ApiError} 400 where there is no photo, or more than one of a kind. */
export function findSources(form: Form): Sources {
  const [photo, ...morePhotos] = SOURCES.filter((name) => isGiven(form, name));
  const [backdrop = null, ...moreBackdrops] = BACKDROP_SOURCES.filter((name) => isGiven(form, name));
  const names = SOURCES.join(', ');
  if (photo === undefined) {
    const detail = `Expected a photo in one of ${names}, got none`;
    throw new ApiError(400, { code: 'missing_source', title: 'No image given', detail });
  }
  if (morePhotos.length > 0) {
    const detail = `Expected a photo in only one of ${names}, got ${[photo, ...morePhotos].join(' and ')}`;
    throw new ApiError(400, { code: 'multiple_sources', title: 'Multiple image sources given', detail });
  }
  if (moreBackdrops.length > 0) throw multipleBackgrounds();
  return { photo, backdrop };
}

/**
 * Takes the photo, and the picture behind the subject, out of a request or fetches them from where it says.
 *
 * @throws {ApiError} 400 where one cannot be had; 413 where it is too large.
 */
export async function loadPictures(form: Form, { photo, backdrop }: Sources, options: LoadOptions): Promise<Pictures> {
  return {
    photo: await load(form, photo, options),
    backdrop: backdrop === null ? null : await load(form, backdrop, options),
  };
}

async function load(form: Form, name: string, options: LoadOptions): Promise<Buffer> {
  const file = form.files.get(name);
  if (file !== undefined) return file;
  const text = form.values.get(name)?.trim() ?? '';
  if (name === 'image_file_b64') return readBase64(text, options.maxBytes);
  return await fetched(name === 'image_url' ? 'image' : 'bg_image', text, options);
}

function isGiven({ files, values }: Form, name: string): boolean {
  return files.has(name) || (values.get(name)?.trim() ?? '') !== '';
}

/** Bare, or as a data URL as browsers make them. */
function readBase64(text: string, maxBytes: number): Buffer {
  const start = text.startsWith('data:') ? text.indexOf(',') + 1 : 0;
  const bytes = Buffer.from(text.slice(start), 'base64');
  if (bytes.length === 0)
    throw invalid('image_file_b64', 'Expected a photo in base64 for image_file_b64, got other text');
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** How remove.bg calls what is wrong with each of the two. */
const FETCH_CODES = { image: 'failed_image_download', bg_image: 'failed_bg_download' } as const;

async function fetched(of: keyof typeof FETCH_CODES, url: string, { maxBytes, fetching }: LoadOptions) {
  const name = `${of}_url`;
  if (fetching === null) {
    throw invalid(
      name,
      `Expected a file instead of ${name}: fetching is switched off here. Start the server with --allow-urls.`,
    );
  }
  try {
    return await fetchPicture(url, { ...fetching, maxBytes });
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    if (error.code === 'too_large') throw tooLarge(maxBytes);
    if (error.code === 'invalid_url') throw invalid(name, `${error.message} for ${name}`, { cause: error });
    const title = `Failed to download image from given ${name}`;
    throw new ApiError(400, { code: FETCH_CODES[of], title, detail: error.message }, { cause: error });
  }
}
