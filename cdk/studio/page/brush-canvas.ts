import type { Item } from '../protocol.ts';
import { addressOf, RefusedError } from './api.ts';
import type { Dirty, PaintedMask } from './brush-mask.ts';

/** A photo and its mask, ready to be painted on. */
export interface BrushPictures {
  /** RGBA, of the photo's size; its alpha is what is shown of the mask. */
  readonly pixels: ImageData;
  readonly mask: PaintedMask;
  /** The mask as it was, for taking the correction back. */
  readonly original: Blob;
}

/** Loads both. @throws {RefusedError} */
export async function loadPictures(item: Item): Promise<BrushPictures> {
  const [photo, original] = await Promise.all([
    fetchBlob(addressOf.photo(item, 'full')),
    fetchBlob(addressOf.mask(item)),
  ]);
  const pixels = await pixelsOf(photo);
  const grey = await pixelsOf(original);
  const { width, height } = pixels;
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = grey.data[i * 4] ?? 0;
  const mask = { width, height, data };
  showInto(pixels, mask, { left: 0, top: 0, right: width, bottom: height });
  return { pixels, mask, original };
}

/** Brings a part of the mask into the alpha of what is shown. */
export function showInto(pixels: ImageData, { width, data }: PaintedMask, { left, top, right, bottom }: Dirty): void {
  for (let y = top; y < bottom; y++) {
    for (let i = y * width + left; i < y * width + right; i++) pixels.data[i * 4 + 3] = data[i] ?? 0;
  }
}

/** A mask as a picture file, its values in every channel. */
export async function maskFile({ width, height, data }: PaintedMask): Promise<Blob> {
  const picture = new ImageData(width, height);
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    picture.data.set([value, value, value, 255], i * 4);
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')?.putImageData(picture, 0, 0);
  return await canvas.convertToBlob({ type: 'image/png' });
}

async function fetchBlob(address: string): Promise<Blob> {
  const response = await fetch(address);
  if (response.ok) return await response.blob();
  throw new RefusedError(await response.json());
}

async function pixelsOf(file: Blob): Promise<ImageData> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('Expected a canvas to draw on, got none');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
