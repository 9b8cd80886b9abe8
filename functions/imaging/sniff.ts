import { fileTypeFromBuffer } from 'file-type';
import { ImagingError } from './errors.ts';

const SUPPORTED = new Map([
  ['image/jpeg', 'jpeg'],
  ['image/png', 'png'],
  ['image/apng', 'png'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
  ['image/tiff', 'tiff'],
  ['image/gif', 'gif'],
]);

const TIFF_STARTS = ['II*\0', 'MM\0*'];

const READABLE = 'JPEG, PNG, WebP, AVIF, TIFF or GIF';

/**
 * Tells a photo's format from its first bytes, whatever its name says.
 *
 * @returns `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`.
 * @throws {ImagingError} `empty_file`, `unsupported_format` (a picture we cannot read) or `not_a_photo`.
 */
export async function sniffFormat(bytes: Uint8Array): Promise<string> {
  if (bytes.length === 0) {
    throw new ImagingError('empty_file', `Expected a photo, got an empty file (0 bytes). Upload it again.`);
  }
  const type = await fileTypeFromBuffer(bytes);
  const format = SUPPORTED.get(type?.mime ?? '');
  if (format !== undefined) return format;
  if (type?.mime === 'image/heif' && compatibleBrands(bytes).includes('avif')) return 'avif';
  // A TIFF that was cut short has lost the directory by which `file-type` knows it.
  if (type === undefined && TIFF_STARTS.includes(startOf(bytes))) return 'tiff';

  if (type?.mime.startsWith('image/') || looksLikeSvg(bytes)) {
    const name = type?.mime.startsWith('image/') ? type.ext.toUpperCase() : 'SVG';
    throw new ImagingError(
      'unsupported_format',
      `Expected ${READABLE}, got ${name}. Export the photo as JPEG or PNG and upload it again.`,
    );
  }
  const found = type === undefined ? 'a file that is no picture' : `a file of type ${type.mime}`;
  throw new ImagingError('not_a_photo', `Expected a photo (${READABLE}), got ${found}. Check what was uploaded.`);
}

function startOf(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes.subarray(0, 4));
}

/** The brands that a file of the HEIF family lists behind its main one, in its first box (ISO/IEC 14496-12, 4.3). */
function compatibleBrands(bytes: Uint8Array): string[] {
  const end = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  return new TextDecoder('latin1').decode(bytes.subarray(16, end)).match(/.{4}/gs) ?? [];
}

function looksLikeSvg(bytes: Uint8Array): boolean {
  return /<svg[\s>]/i.test(new TextDecoder('latin1').decode(bytes.subarray(0, 4096)));
}
