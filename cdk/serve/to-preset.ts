import { Preset } from '#functions/contract/preset.ts';
import type { Layout } from '#functions/contract/preset-layout.ts';
import { ApiError, invalid } from './api-error.ts';
import type { Parameters } from './read-parameters.ts';

/** The name under which a request's picture behind the subject goes through the pipeline. */
export const BACKDROP = 'bg_image';

/** Results that are stored are told apart by it; nothing is stored here. */
const NO_SHA256 = '0'.repeat(64);

const WHITE = { r: 255, g: 255, b: 255 };

/**
 * Says in the pipeline's own words what a request asks for.
 *
 * @param hasBackdrop Whether a picture comes with it that goes behind the subject.
 * @throws {ApiError} 400 where parameters exclude each other.
 */
export function toPreset(parameters: Parameters, hasBackdrop: boolean): Preset {
  const { channels, format, maxPixels, roi, shadow, background } = parameters;
  const isMask = channels === 'alpha';
  const picture = hasBackdrop ? { image: BACKDROP, sha256: NO_SHA256 } : null;
  if (picture !== null && background !== null) throw multipleBackgrounds();
  const behind = picture ?? background;
  if (isMask && behind !== null) throw invalid('channels', 'Expected rgba with a background: a mask has none');
  if (isMask && shadow !== null) throw invalid('channels', 'Expected rgba with a shadow: a mask has none');
  if (format === 'zip' && (isMask || behind !== null)) {
    throw invalid(
      'format',
      'Expected another format than zip with a background or channels=alpha: it holds colours and mask',
    );
  }
  const layout = layoutOf(parameters);
  const file = formatOf(format, behind !== null);
  const preset = Preset.safeParse({
    id: 'removebg',
    content: isMask ? 'mask' : 'cutout',
    background: behind ?? (file === 'jpeg' && !isMask ? WHITE : 'transparent'),
    format: file,
    ...(maxPixels === null ? {} : { maxPixels }),
    ...(roi === null ? {} : { roi }),
    ...(shadow === null ? {} : { shadow }),
    ...(layout === null ? {} : { layout }),
  });
  if (preset.success) return preset.data;
  throw invalid('combination', preset.error.issues.map(({ message }) => message).join('; '), { cause: preset.error });
}

export function multipleBackgrounds(): ApiError {
  const title = 'Multiple background sources given';
  const detail = 'Expected only one of bg_color, bg_image_url and bg_image_file, got several';
  return new ApiError(400, { code: 'multiple_bg_sources', title, detail });
}

/** A picture that nothing shows through needs no opacity: `auto` makes it a JPEG. */
function formatOf(format: Parameters['format'], hasBackground: boolean): Preset['format'] {
  if (format === 'jpg' || (format === 'auto' && hasBackground)) return 'jpeg';
  return format === 'webp' ? 'webp' : 'png';
}

function layoutOf({ isCropped, cropMargin, scale, position }: Parameters): Layout | null {
  if (isCropped) {
    if (scale !== null) throw invalid('scale', 'Expected either crop or scale, got both');
    if (position !== null && position !== 'original')
      throw invalid('position', 'Expected either crop or position, got both');
    return { canvas: 'subject', ...(cropMargin === null ? {} : { margin: cropMargin }) };
  }
  if (scale !== null) {
    if (position === 'original') {
      throw invalid('position', 'Expected center or shares with a scale: a scaled subject has no original position');
    }
    return { canvas: 'photo', fill: scale, enlarge: true, ...(position === null ? {} : { position }) };
  }
  return position === null || position === 'original' ? null : { canvas: 'photo', fill: 1, position };
}
