import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PackedModel } from '../pack.ts';

const TILE = 128;
const GAP = 4;
/** Photos side by side. */
const ACROSS = 2;
/** What shows behind a cutout: no colour of any product or person. */
const BACKDROP = '#ff78dc';

/** Draws photos with the cutouts that each model makes of them, in the models' order. @returns A JPEG. */
export async function drawSheet(
  models: readonly PackedModel[],
  photos: readonly string[],
  { threads = 1, onPhoto = () => {} }: { threads?: number; onPhoto?: (model: string) => void } = {},
): Promise<Uint8Array> {
  const columns = [await Promise.all(photos.map(async (photo) => tile(await readFile(photo))))];
  for (const { folder, manifest } of models) {
    const segmenter = await Segmenter.open(join(folder, 'model.onnx'), manifest, { threads });
    columns.push(await cutouts(segmenter, photos, () => onPhoto(manifest.id)));
  }
  const pitch = TILE + GAP;
  const rows = Math.ceil(photos.length / ACROSS);
  const placed = columns.flatMap((tiles, column) =>
    tiles.map((input, photo) => ({
      input: Buffer.from(input),
      left: ((photo % ACROSS) * columns.length + column) * pitch,
      top: Math.floor(photo / ACROSS) * pitch,
    })),
  );
  const size = { width: ACROSS * columns.length * pitch, height: rows * pitch };
  const sheet = sharp({ create: { ...size, channels: 3, background: 'white' } });
  return await sheet.composite(placed).jpeg({ quality: 82 }).toBuffer();
}

async function cutouts(segmenter: Segmenter, photos: readonly string[], onPhoto: () => void): Promise<Uint8Array[]> {
  const preset = BUILT_IN_PRESETS.get('transparent');
  if (preset === undefined) throw new Error('Expected a built-in preset "transparent", got none');
  const options = { segmenter, presets: [preset], limits: PHOTO_LIMITS_DEFAULTS, workspace: new Workspace() };
  const tiles: Uint8Array[] = [];
  for (const photo of photos) {
    const { renditions } = await cutOut(await readFile(photo), options);
    tiles.push(await tile(renditions[0]?.file.bytes ?? new Uint8Array()));
    onPhoto();
  }
  return tiles;
}

async function tile(picture: Uint8Array): Promise<Uint8Array> {
  const small = await sharp(picture)
    .rotate()
    .resize(TILE, TILE, { fit: 'inside' })
    .flatten({ background: BACKDROP })
    .png()
    .toBuffer();
  return await sharp(small).resize(TILE, TILE, { fit: 'contain', background: 'white' }).png().toBuffer();
}
