import type { Mask } from '../raster.ts';

/** Shrinks a mask to at most `longest` px a side by averaging what each new pixel covers; a smaller one stays as it is. */
export function shrinkMask(mask: Mask, longest: number): Mask {
  const width = Math.min(mask.width, longest);
  const height = Math.min(mask.height, longest);
  if (width === mask.width && height === mask.height) return mask;
  const rows = shrinkRows(mask.data, mask, width);
  return { width, height, data: shrinkColumns(rows, { width, height: mask.height }, height) };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function shrinkRows(data: Float32Array, { width, height }: Size, target: number): Float32Array {
  const out = new Float32Array(target * height);
  const step = width / target;
  for (let x = 0; x < target; x++) {
    const [from, to] = [x * step, (x + 1) * step];
    for (let source = Math.floor(from); source < Math.min(Math.ceil(to), width); source++) {
      const weight = (Math.min(to, source + 1) - Math.max(from, source)) / step;
      for (let y = 0; y < height; y++) {
        out[y * target + x] = (out[y * target + x] as number) + weight * (data[y * width + source] as number);
      }
    }
  }
  return out;
}

function shrinkColumns(data: Float32Array, { width, height }: Size, target: number): Float32Array {
  const out = new Float32Array(width * target);
  const step = height / target;
  for (let y = 0; y < target; y++) {
    const [from, to] = [y * step, (y + 1) * step];
    for (let source = Math.floor(from); source < Math.min(Math.ceil(to), height); source++) {
      const weight = (Math.min(to, source + 1) - Math.max(from, source)) / step;
      for (let x = 0; x < width; x++) {
        out[y * width + x] = (out[y * width + x] as number) + weight * (data[source * width + x] as number);
      }
    }
  }
  return out;
}
