import { ApiError, tooLarge } from './api-error.ts';
import type { CutoutRefusal, CutoutResult } from './cutout-messages.ts';
import type { Parameters } from './read-parameters.ts';

/** What goes back to the client. */
export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | Readonly<Record<string, unknown>>;
}

/** Level 1 of remove.bg's classification knows only these; everything else is `other`. */
const COARSE_TYPES: ReadonlySet<Parameters['type']> = new Set(['person', 'product', 'animal', 'car']);

/** Puts a finished cutout into remove.bg's headers, and into JSON where the client asked for that. */
export function answer(
  result: CutoutResult,
  parameters: Pick<Parameters, 'type' | 'typeLevel'>,
  isJson: boolean,
): Answer {
  const { box, width, height, contentType } = result;
  const bytes = Buffer.from(result.bytes.buffer, result.bytes.byteOffset, result.bytes.byteLength);
  const type = typeOf(parameters);
  const headers = {
    'x-width': String(width),
    'x-height': String(height),
    'x-foreground-top': String(box.top),
    'x-foreground-left': String(box.left),
    'x-foreground-width': String(box.width),
    'x-foreground-height': String(box.height),
    ...(type === null ? {} : { 'x-type': type }),
    'x-credits-charged': '0',
  };
  if (!isJson) return { headers: { ...headers, 'content-type': contentType }, body: bytes };
  const data = {
    result_b64: bytes.toString('base64'),
    foreground_top: box.top,
    foreground_left: box.left,
    foreground_width: box.width,
    foreground_height: box.height,
  };
  return { headers, body: { data } };
}

/** Nothing here tells people from products, so what the client said of its photo comes back. */
function typeOf({ type, typeLevel }: Pick<Parameters, 'type' | 'typeLevel'>): string | null {
  if (typeLevel === 'none') return null;
  if (type === 'graphic') return typeLevel === '1' ? 'other' : 'graphics';
  return COARSE_TYPES.has(type) || (type !== 'auto' && typeLevel !== '1') ? type : 'other';
}

/**
 * Whether JSON is wanted instead of the file. Programs that take anything (`application/json, text/plain, *` + `/*`) get the
 * file, as they do from remove.bg.
 */
export function wantsJson(accept: string | undefined): boolean {
  return accept?.includes('application/json') === true && !accept.includes('*/*');
}

/** remove.bg's own code and title for each reason why a photo can never be cut out. */
const REFUSALS = {
  empty_file: ['failed_to_read_image', 'There was an error reading the image'],
  corrupt: ['failed_to_read_image', 'There was an error reading the image'],
  not_a_photo: ['invalid_file_type', 'Invalid file type'],
  unsupported_format: ['invalid_file_type', 'Invalid file type'],
  too_many_pixels: ['resolution_too_high', 'Image resolution too high'],
  region_outside: ['roi_exceeds_bounds', 'ROI exceeds image bounds'],
  too_doubtful: ['unknown_foreground', 'Could not identify foreground in image'],
  no_subject: ['unknown_foreground', 'Could not identify foreground in image'],
} as const;

export function refusal({ code, of, message }: CutoutRefusal, maxBytes: number): ApiError {
  if (code === 'too_many_bytes') return tooLarge(maxBytes);
  const [name, title] = REFUSALS[code];
  if (of === 'photo') return new ApiError(400, { code: name, title, detail: message });
  return new ApiError(400, { code: 'invalid_bg_image', title: `Background: ${title}`, detail: message });
}
