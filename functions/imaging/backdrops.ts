import type { Preset } from '../contract/preset.ts';
import { decode, type PhotoLimits } from './decode.ts';
import type { RgbImage } from './raster.ts';

interface BackdropOptions {
  readonly limits: PhotoLimits;
  readonly read: (path: string) => Promise<Uint8Array>;
}

/** Decodes every picture that presets name as their background, each once. @returns By path. */
export async function readBackdrops(
  presets: readonly Pick<Preset, 'background'>[],
  { limits, read }: BackdropOptions,
): Promise<ReadonlyMap<string, RgbImage>> {
  const paths = presets.flatMap(({ background }) =>
    background !== 'transparent' && 'image' in background ? [background.image] : [],
  );
  const backdrops = new Map<string, RgbImage>();
  for (const path of new Set(paths)) {
    const { image } = await decode(await read(path), { limits, existingAlpha: 'flatten' });
    backdrops.set(path, image);
  }
  return backdrops;
}
