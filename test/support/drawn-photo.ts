import sharp, { type Sharp } from 'sharp';

/** Pixels drawn in code: 8-bit RGB, `[height, width, 3]`. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A dark red disc left of the middle on a light ground: lopsided, so that one can tell how the photo is turned. */
export function drawDisc(width: number, height: number): Drawing {
  const data = new Uint8Array(width * height * 3);
  const radius = Math.min(width, height) * 0.3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isDisc = Math.hypot(x - width * 0.35, y - height * 0.4) < radius;
      data.set(isDisc ? [150, 30, 40] : [225, 228, 230], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

/**
 * Lays a drawing out the way a camera does that was held differently: a viewer that obeys the EXIF orientation shows it
 * upright again. @param orientation 1..8, as EXIF numbers them.
 */
export function storeTurned({ width, height, data }: Drawing, orientation: number): Drawing {
  const isSideways = orientation >= 5;
  const stored = { width: isSideways ? height : width, height: isSideways ? width : height };
  const right = width - 1;
  const bottom = height - 1;
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where the pixel a viewer shows at (x, y) lies in the file.
      const places: readonly (readonly [number, number])[] = [
        [x, y],
        [right - x, y],
        [right - x, bottom - y],
        [x, bottom - y],
        [y, x],
        [y, right - x],
        [bottom - y, right - x],
        [bottom - y, x],
      ];
      const [storedX, storedY] = places[orientation - 1] ?? [x, y];
      const from = (y * width + x) * 3;
      turned.set(data.subarray(from, from + 3), (storedY * stored.width + storedX) * 3);
    }
  }
  return { ...stored, data: turned };
}

/** A drawing on its way into a file. */
export function photo({ width, height, data }: Drawing): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A photo of one colour all over. */
export function plainPhoto(width: number, height: number, colour: string): Sharp {
  return sharp({ create: { width, height, channels: 3, background: colour } });
}
