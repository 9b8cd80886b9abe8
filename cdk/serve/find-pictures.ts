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

interface FindOptions {
  readonly maxBytes: number;
  /** How pictures are fetched from their URLs; null where that is switched off. */
  readonly fetching: Partial<FetchOptions> | null;
}

/**
 * Takes the photo, and the picture behind the subject, out of a request or fetches them from where it says.
 *
 * @throws {ApiError} 400 where there is none or more than one, or it cannot be had; 413 where it is too large.
 */
export async function findPictures(form: Form, options: FindOptions): Promise<Pictures> {
  const given = [...SOURCES].filter((name) => isGiven(form, name));
  const behind = [...BACKDROP_SOURCES].filter((name) => isGiven(form, name));
  const names = SOURCES.join(', ');
  if (given.length === 0) {
    const detail = `Expected a photo in one of ${names}, got none`;
    throw new ApiError(400, { code: 'missing_source', title: 'No image given', detail });
  }
  if (given.length > 1) {
    const detail = `Expected a photo in only one of ${names}, got ${given.join(' and ')}`;
    throw new ApiError(400, { code: 'multiple_sources', title: 'Multiple image sources given', detail });
  }
  if (behind.length > 1) throw multipleBackgrounds();
  const photo =
    form.files.get('image_file') ?? readBase64(form, options.maxBytes) ?? (await fetched('image', form, options));
  const backdrop =
    behind.length === 0 ? null : (form.files.get('bg_image_file') ?? (await fetched('bg_image', form, options)));
  return { photo, backdrop };
}

function isGiven({ files, values }: Form, name: string): boolean {
  return files.has(name) || (values.get(name)?.trim() ?? '') !== '';
}

/** Bare, or as a data URL as browsers make them. */
function readBase64({ values }: Form, maxBytes: number): Buffer | null {
  const text = values.get('image_file_b64')?.trim() ?? '';
  if (text === '') return null;
  const start = text.startsWith('data:') ? text.indexOf(',') + 1 : 0;
  const bytes = Buffer.from(text.slice(start), 'base64');
  if (bytes.length === 0)
    throw invalid('image_file_b64', 'Expected a photo in base64 for image_file_b64, got other text');
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

/** How remove.bg calls what is wrong with each of the two. */
const FETCH_CODES = { image: 'failed_image_download', bg_image: 'failed_bg_download' } as const;

async function fetched(of: keyof typeof FETCH_CODES, { values }: Form, { maxBytes, fetching }: FindOptions) {
  const name = `${of}_url`;
  if (fetching === null) {
    throw invalid(
      name,
      `Expected a file instead of ${name}: fetching is switched off here. Start the server with --allow-urls.`,
    );
  }
  try {
    return await fetchPicture(values.get(name)?.trim() ?? '', { ...fetching, maxBytes });
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    if (error.code === 'too_large') throw tooLarge(maxBytes);
    if (error.code === 'invalid_url') throw invalid(name, `${error.message} for ${name}`, { cause: error });
    const title = `Failed to download image from given ${name}`;
    throw new ApiError(400, { code: FETCH_CODES[of], title, detail: error.message }, { cause: error });
  }
}
