import type { Length } from '#functions/contract/length.ts';
import type { Colour } from '#functions/contract/preset.ts';
import type { Shadow, Sides } from '#functions/contract/preset-layout.ts';
import { Region } from '#functions/contract/region.ts';
import { ApiError, invalid } from './api-error.ts';
import { readBoolean, readColour, readLengths, readShares, readWhole, readWord, shown } from './parameter-values.ts';

/** Where a photo or a background can come from: one of each. */
export const SOURCES = ['image_file', 'image_file_b64', 'image_url'] as const;
export const BACKDROP_SOURCES = ['bg_image_file', 'bg_image_url'] as const;

const LOOK_NAMES = [
  ...['size', 'type', 'type_level', 'format', 'channels', 'semitransparency'],
  ...['roi', 'crop', 'crop_margin', 'scale', 'position'],
  ...['add_shadow', 'shadow_type', 'shadow_opacity', 'bg_color'],
];
const KNOWN_NAMES: ReadonlySet<string> = new Set([...SOURCES, ...BACKDROP_SOURCES, ...LOOK_NAMES]);

/** Largest result of each size, width x height. */
const SIZE_PIXELS = {
  preview: 250_000,
  small: 250_000,
  regular: 250_000,
  medium: 1_500_000,
  hd: 4_000_000,
  full: null,
  '4k': null,
  '50MP': null,
  auto: null,
} as const;

const TYPES = ['auto', 'person', 'product', 'car', 'animal', 'graphic', 'transportation'] as const;
const TYPE_LEVELS = ['none', '1', '2', 'latest'] as const;
const FORMATS = ['auto', 'png', 'jpg', 'webp', 'zip'] as const;
const SHADOWS = ['none', 'auto', 'drop', '3D', 'car'] as const;

/** Only what a floor can carry lies on it; whatever the photo shows, an outline below it does no harm. */
const SHADOW_KINDS = { none: null, auto: 'drop', drop: 'drop', '3D': 'contact', car: 'contact' } as const;

/** What a request asks for, beside the photo and a picture behind it. */
export interface Parameters {
  /** Width x height; null where the photo's own resolution is wanted. */
  readonly maxPixels: number | null;
  /** What the client says the photo shows. */
  readonly type: (typeof TYPES)[number];
  readonly typeLevel: (typeof TYPE_LEVELS)[number];
  readonly format: (typeof FORMATS)[number];
  readonly channels: 'rgba' | 'alpha';
  /** Null for the whole photo. */
  readonly roi: Region | null;
  readonly isCropped: boolean;
  readonly cropMargin: Sides | null;
  /** Share of the frame the subject covers, 0.1..1; null where it keeps its size. */
  readonly scale: number | null;
  /** Null where the subject stays, or goes to the middle if it is scaled. */
  readonly position: 'original' | { readonly x: number; readonly y: number } | null;
  readonly shadow: Shadow | null;
  readonly background: Colour | null;
}

/**
 * Reads what a request asks for. An empty value counts as none.
 *
 * @param values By parameter name. @throws {ApiError} 400 for the first one that is unknown, wrong or impossible.
 */
export async function readParameters(values: ReadonlyMap<string, string>): Promise<Parameters> {
  const unknown = [...values.keys()].find((name) => !KNOWN_NAMES.has(name));
  if (unknown !== undefined) {
    const detail = `Expected only ${[...KNOWN_NAMES].join(', ')}, got ${shown(unknown)}`;
    throw new ApiError(400, { code: 'unknown_parameter', title: 'Unknown parameter given', detail });
  }
  const read = <Value>(name: string, otherwise: Value, reader: (name: string, text: string) => Value): Value => {
    const text = values.get(name)?.trim() ?? '';
    return text === '' ? otherwise : reader(name, text);
  };
  const word = <Word extends string>(name: string, otherwise: Word, words: readonly Word[]) =>
    read<Word>(name, otherwise, (_, text) => readWord(name, text, words));

  if (!read('semitransparency', true, readBoolean)) {
    throw invalid('semitransparency', 'Expected true: soft edges and glass stay half transparent here');
  }
  const hasShadow = read('add_shadow', false, readBoolean);
  const shadow = SHADOW_KINDS[word('shadow_type', hasShadow ? 'auto' : 'none', SHADOWS)];
  const opacity = read('shadow_opacity', null, (name, text) => readWhole(name, text, { min: 0, max: 100 }) / 100);
  const size = word('size', 'preview', ['preview', 'small', 'regular', 'medium', 'hd', 'full', '4k', '50MP', 'auto']);
  return {
    maxPixels: SIZE_PIXELS[size],
    type: word('type', 'auto', TYPES),
    typeLevel: word('type_level', '1', TYPE_LEVELS),
    format: word('format', 'auto', FORMATS),
    channels: word('channels', 'rgba', ['rgba', 'alpha']),
    roi: read('roi', null, readRegion),
    isCropped: read('crop', false, readBoolean),
    cropMargin: read('crop_margin', null, readMargins),
    scale: read('scale', null, readScale),
    position: read('position', null, readPosition),
    shadow: shadow === null ? null : { kind: shadow, ...(opacity === null ? {} : { opacity }) },
    background: await read('bg_color', null, readColour),
  };
}

function readRegion(name: string, text: string): Region | null {
  if (readLengths(name, text).length !== 4) {
    throw invalid(name, `Expected two corners, like 0% 0% 50% 100%, for ${name}, got ${shown(text)}`);
  }
  const region = Region.safeParse(text);
  if (region.success) return region.data;
  const detail = region.error.issues.map(({ message }) => message).join('; ');
  throw new ApiError(400, { code: 'roi_region_empty', title: 'ROI region is empty', detail });
}

/** One margin for all sides, two for top/bottom and left/right, or four from the top on. */
function readMargins(name: string, text: string): Sides | null {
  const lengths = readLengths(name, text);
  const [top, right = top, bottom = top, left = right] = lengths;
  if (lengths.some(isTooWide) || lengths.length === 3 || lengths.length > 4 || !top || !right || !bottom || !left) {
    const wanted = 'one, two or four margins of at most 500px or 50%';
    throw invalid(name, `Expected ${wanted} for ${name}, got ${shown(text)}`);
  }
  return { top, right, bottom, left };
}

function isTooWide(length: Length): boolean {
  return 'px' in length ? length.px > 500 : length.share > 0.5;
}

function readScale(name: string, text: string): number | null {
  if (text === 'original') return null;
  const [share = 0, ...more] = readShares(name, text);
  if (share >= 0.1 && more.length === 0) return share;
  throw invalid(name, `Expected original, or a share from 10% to 100%, for ${name}, got ${shown(text)}`);
}

function readPosition(name: string, text: string): Parameters['position'] {
  if (text === 'original') return 'original';
  if (text === 'center') return { x: 0.5, y: 0.5 };
  const [x = 0, y = x, ...more] = readShares(name, text);
  if (more.length === 0) return { x, y };
  throw invalid(name, `Expected original, center, or one or two shares for ${name}, got ${shown(text)}`);
}
