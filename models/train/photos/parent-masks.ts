import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sharp } from '#functions/imaging/codec.ts';
import { decode, PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import type { PackedModel } from '../../pack.ts';

/** A photo with the mask that a network is to learn for it. */
export interface LabelledPhoto {
  readonly image: RgbImage;
  /** Of the whole photo, at any size. */
  readonly mask: Alpha;
}

/** Where masks to learn come from. */
export interface MaskSource {
  /** Tells this source's masks from any other's. */
  readonly id: string;
  readonly read: (file: string) => Promise<LabelledPhoto>;
}

/** A parent's masks: each is computed once, at the parent's own size, and kept on disk as an 8-bit PNG of about 20 KB. */
export interface ParentMasks extends MaskSource {
  /** How many had to be computed so far. */
  readonly computed: () => number;
}

/**
 * Opens a parent to learn from. The network is loaded when the first mask is missing.
 *
 * @param cache Folder of the cache; masks go by the parent's and the photo's content, so both may move.
 */
export function parentMasks(
  { folder, manifest }: PackedModel,
  { cache, threads = 1 }: { cache: string; threads?: number },
): ParentMasks {
  let computed = 0;
  let network: Promise<Segmenter> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  // One at a time: a segmenter has one input tensor.
  const segment = (image: RgbImage): Promise<Alpha> => {
    network ??= Segmenter.open(join(folder, 'model.onnx'), manifest, { threads });
    const opened = network;
    const result = last.then(async () => {
      const { width, height, data } = await (await opened).segment(image);
      computed++;
      return { width, height, data: Uint8Array.from(data, (value) => Math.round(value * 255)) };
    });
    last = result.catch(() => {});
    return result;
  };
  return {
    id: manifest.sha256,
    computed: () => computed,
    read: async (file) => {
      const bytes = await readFile(file);
      const { image } = await decode(bytes, { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });
      const kept = join(cache, manifest.sha256.slice(0, 16), `${digest(bytes)}.png`);
      const found = await readMask(kept);
      if (found !== undefined) return { image, mask: found };
      const mask = await segment(image);
      await keepMask(kept, mask);
      return { image, mask };
    },
  };
}

/** Reads an 8-bit mask file. @returns undefined where there is none. */
export async function readMask(file: string): Promise<Alpha | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const { data, info } = await sharp(bytes).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

async function keepMask(file: string, { width, height, data }: Alpha): Promise<void> {
  const png = await sharp(data, { raw: { width, height, channels: 1 } })
    .png({ compressionLevel: 6 })
    .toBuffer();
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, png);
  await rename(draft, file);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
