import type { Mask, RgbImage } from '#functions/imaging/raster.ts';

/** Where the subject's own colours are known. */
export interface TrueColours {
  /** Indices of pixels, `y * width + x`. */
  readonly pixels: Uint32Array;
  /** The subject's colour at each of them, RGB, 0..255. */
  readonly colours: Float32Array;
  /** Mean absolute error of those colours in levels, from how far the photos disagree. */
  readonly noise: number;
}

/** Opacities between which a colour can be solved: below, noise is multiplied; above, there is next to nothing to clean. */
export const SOLVABLE = { low: 0.1, high: 0.9 };

/** Half the side of the square that the backdrop is looked at in, px. */
const REACH = 6;
/** Fewer pixels of bare backdrop in it say nothing. */
const FEWEST = 12;

/**
 * Solves what colours a cut-out has where it is half transparent, from photos of it on several backdrops with exact
 * opacity: `photo = opacity x colour + (1 - opacity) x backdrop`, the backdrop being carried on from the bare pixels beside it.
 *
 * @param photos At least two, of the same size as the truth.
 */
export function trueColours(photos: readonly RgbImage[], truth: Mask): TrueColours {
  const pixels: number[] = [];
  const colours: number[] = [];
  let disagreement = 0;
  for (let pixel = 0; pixel < truth.data.length; pixel++) {
    const opacity = truth.data[pixel] ?? 0;
    if (opacity <= SOLVABLE.low || opacity >= SOLVABLE.high) continue;
    const solved = photos.map((photo) => solveColour(photo, truth, pixel));
    const known = solved.filter((colour) => colour !== undefined);
    if (known.length < photos.length) continue;
    pixels.push(pixel);
    for (let channel = 0; channel < 3; channel++) {
      const values = known.map((colour) => colour[channel] ?? 0);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      colours.push(Math.min(255, Math.max(0, mean)));
      disagreement += values.reduce((sum, value) => sum + Math.abs(value - mean), 0) / values.length;
    }
  }
  return {
    pixels: Uint32Array.from(pixels),
    colours: Float32Array.from(colours),
    noise: disagreement / Math.max(1, colours.length),
  };
}

function solveColour(photo: RgbImage, truth: Mask, pixel: number): number[] | undefined {
  const opacity = truth.data[pixel] ?? 0;
  const backdrop = carryOn(photo, truth, pixel);
  return backdrop?.map((back, channel) => ((photo.data[pixel * 3 + channel] ?? 0) - (1 - opacity) * back) / opacity);
}

/** Fits a plane to each channel of the bare backdrop nearby. @returns Its value at the pixel. */
function carryOn({ width, height, data }: RgbImage, truth: Mask, pixel: number): number[] | undefined {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  // Normal equations of a plane, and its right sides, one a channel.
  let [n, sx, sy, sxx, sxy, syy] = [0, 0, 0, 0, 0, 0];
  const right = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let dy = -Math.min(REACH, y); dy <= Math.min(REACH, height - 1 - y); dy++) {
    for (let dx = -Math.min(REACH, x); dx <= Math.min(REACH, width - 1 - x); dx++) {
      const at = pixel + dy * width + dx;
      if ((truth.data[at] ?? 0) > 0) continue;
      n += 1;
      sx += dx;
      sy += dy;
      sxx += dx * dx;
      sxy += dx * dy;
      syy += dy * dy;
      for (let channel = 0; channel < 3; channel++) {
        const value = data[at * 3 + channel] ?? 0;
        right[channel * 3] = (right[channel * 3] ?? 0) + value;
        right[channel * 3 + 1] = (right[channel * 3 + 1] ?? 0) + value * dx;
        right[channel * 3 + 2] = (right[channel * 3 + 2] ?? 0) + value * dy;
      }
    }
  }
  if (n < FEWEST) return undefined;
  const determinant = n * (sxx * syy - sxy * sxy) - sx * (sx * syy - sxy * sy) + sy * (sx * sxy - sxx * sy);
  if (Math.abs(determinant) < 1) return undefined;
  return [0, 1, 2].map((channel) => {
    const [a = 0, b = 0, c = 0] = right.slice(channel * 3, channel * 3 + 3);
    // Cramer's rule for the plane's height at the pixel itself.
    return (a * (sxx * syy - sxy * sxy) - sx * (b * syy - sxy * c) + sy * (b * sxy - sxx * c)) / determinant;
  });
}
