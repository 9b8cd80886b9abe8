/**
 * Marks, too, what marked pixels enclose: everything that cannot be reached from the frame's edge in steps to the sides.
 *
 * @param plane `[height, width]`; `least` and more is marked. @returns 255 or 0. Cost: two visits a pixel.
 */
export function fillEnclosed(
  { width, height, data }: { readonly width: number; readonly height: number; readonly data: Uint8Array },
  least: number,
): Uint8Array {
  const filled = new Uint8Array(data.length).fill(255);
  const stack = new Int32Array(data.length);
  let depth = 0;
  const reach = (pixel: number) => {
    if (filled[pixel] === 0 || (data[pixel] as number) >= least) return;
    filled[pixel] = 0;
    stack[depth++] = pixel;
  };
  for (let x = 0; x < width; x++) {
    reach(x);
    reach((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    reach(y * width);
    reach(y * width + width - 1);
  }
  while (depth > 0) {
    const pixel = stack[--depth] as number;
    const x = pixel % width;
    if (x > 0) reach(pixel - 1);
    if (x + 1 < width) reach(pixel + 1);
    if (pixel >= width) reach(pixel - width);
    if (pixel + width < data.length) reach(pixel + width);
  }
  return filled;
}
