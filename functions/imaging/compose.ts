import type { Preset } from '../contract/preset.ts';
import { cutInto, overColourInto } from './kernels/alpha-blend.ts';
import type { Alpha, Raster, RgbImage } from './raster.ts';
import type { Workspace } from './workspace.ts';

/**
 * Lays the subject out as a preset asks: on nothing, on a colour, or the mask alone.
 *
 * @returns RGBA (transparent, its invisible pixels black), RGB (on a colour) or grey (mask); lives in the workspace
 * until the next photo. Cost: about 15 ms at 12 MP.
 */
export function compose(
  image: RgbImage,
  alpha: Alpha,
  { preset, workspace }: { readonly preset: Pick<Preset, 'content' | 'background'>; readonly workspace: Workspace },
): Raster {
  const { width, height } = image;
  if (preset.content === 'mask') return { width, height, channels: 1, data: alpha.data };

  if (preset.background === 'transparent') {
    const data = workspace.take('pixels', width * height * 4);
    cutInto(data, image.data, alpha.data);
    return { width, height, channels: 4, data };
  }

  const data = workspace.take('pixels', width * height * 3);
  overColourInto(data, { rgb: image.data, alpha: alpha.data, colour: preset.background });
  return { width, height, channels: 3, data };
}
