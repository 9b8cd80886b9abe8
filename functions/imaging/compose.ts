import type { Colour, Preset } from '../contract/preset.ts';
import { blackenInvisible, overColourInto } from './kernels/alpha-blend.ts';
import { type LaidOut, layOut } from './lay-out.ts';
import type { Alpha, Raster, RgbImage } from './raster.ts';
import type { Workspace } from './workspace.ts';

/** What a preset needs of a picture before it is encoded. */
export interface Composition {
  readonly raster: Raster;
  /** Where and how large the subject is; null where it stays as it lies in its photo. */
  readonly laidOut: LaidOut | null;
}

export type Look = Pick<Preset, 'content' | 'background' | 'layout' | 'shadow' | 'rules'>;

export interface ComposeOptions {
  readonly preset: Look;
  readonly workspace: Workspace;
  /** Behind the subject, where the preset's background is a picture. @default none */
  readonly backdrop?: RgbImage | undefined;
}

/**
 * Lays the subject out as a preset asks: in place or in a frame of its own; on nothing, a colour or a picture; or the mask
 * alone.
 *
 * @param image Its invisible pixels may become black.
 * @returns RGB with its opacity, or RGBA (transparent, invisible pixels black), RGB (on something) or grey (mask); lives in the
 * photo or in the workspace until the next call. Cost: about 15 ms at 12 MP in place, a resize more in a frame.
 */
export async function compose(image: RgbImage, alpha: Alpha, options: ComposeOptions): Promise<Composition> {
  const { preset, workspace } = options;
  const { content, background, layout, shadow } = preset;
  const isPlain = background === 'transparent' || 'r' in background;
  if (isPlain && layout === undefined && shadow === undefined) {
    return { raster: inPlace(image, alpha, { content, background, workspace }), laidOut: null };
  }
  const laidOut = await layOut(image, alpha, options);
  return { raster: laidOut.raster, laidOut };
}

interface InPlace {
  readonly content: Preset['content'];
  readonly background: 'transparent' | Colour;
  readonly workspace: Workspace;
}

function inPlace(image: RgbImage, alpha: Alpha, { content, background, workspace }: InPlace): Raster {
  const { width, height } = image;
  if (content === 'mask') return { width, height, channels: 1, data: alpha.data };
  if (background === 'transparent') {
    blackenInvisible(image.data, alpha.data);
    return { width, height, channels: 3, data: image.data, alpha: alpha.data };
  }
  const data = workspace.take('pixels', width * height * 3);
  overColourInto(data, { rgb: image.data, alpha: alpha.data, colour: background });
  return { width, height, channels: 3, data };
}
