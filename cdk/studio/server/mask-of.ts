import { join } from 'node:path';
import type { DoneRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import type { Photo } from '#functions/imaging/decode.ts';
import type { Alpha } from '#functions/imaging/raster.ts';
import { refineInto } from '#functions/imaging/refine.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PackedModel } from '#models/pack.ts';
import { decodePhoto } from './pictures.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface MaskDeps {
  readonly store: StudioStore;
  /** Finds a network without fetching it. */
  readonly findModel: (id: string) => Promise<PackedModel | null>;
}

/**
 * The opacity a photo's outputs were made with, `[height, width]` of the photo.
 *
 * Read from an output that shows it: the mask itself, or a transparent cutout that lies in place. Where every output is on a
 * background or in a frame, the photo is segmented again with the same network, which takes as long as it took then.
 *
 * @throws {StudioError} `photo_missing`, `photo_replaced`, `model_missing`
 */
export async function maskOf(record: DoneRecord, deps: MaskDeps): Promise<Alpha> {
  const size = { width: record.source.width ?? 0, height: record.source.height ?? 0 };
  for (const output of record.outputs) {
    const isInPlace = output.scale === undefined && output.width === size.width && output.height === size.height;
    const file = isInPlace && output.format !== 'jpeg' ? await deps.store.readResult(output.key) : null;
    const alpha = file === null ? null : await opacityIn(file.bytes, size);
    if (alpha !== null) return alpha;
  }
  return await segmentAgain(record, deps);
}

/** @returns A grey picture's values, or another's alpha; null where it has none. */
async function opacityIn(file: Uint8Array, { width, height }: Pick<Alpha, 'width' | 'height'>): Promise<Alpha | null> {
  const { channels, hasAlpha } = await sharp(file).metadata();
  if (!hasAlpha && channels !== 1) return null;
  const data = await sharp(file, { ignoreIcc: true })
    .extractChannel(hasAlpha ? 'alpha' : 0)
    .raw()
    .toBuffer();
  return data.length === width * height ? { width, height, data } : null;
}

/** The photo a record is about, decoded as it was then. @throws {StudioError} `photo_missing`, `photo_replaced` */
export async function photoOf(
  record: DoneRecord,
  store: StudioStore,
  existingAlpha: 'flatten' | 'keep',
): Promise<Photo> {
  const { source } = record;
  const found = await store.readPhoto(source);
  if (found === null) {
    throw new StudioError(
      'photo_missing',
      `Expected the photo ${JSON.stringify(source.key)}, found none: was it moved?`,
    );
  }
  if (found.etag !== source.etag) {
    throw new StudioError(
      'photo_replaced',
      `Expected the photo ${JSON.stringify(source.key)} as it was cut out, got another one under its name. Run it again.`,
    );
  }
  return await decodePhoto(found.bytes, existingAlpha);
}

async function segmentAgain(record: DoneRecord, deps: MaskDeps): Promise<Alpha> {
  const { id, sha256 } = record.model;
  const model = await deps.findModel(id);
  if (model === null || model.manifest.sha256 !== sha256) {
    throw new StudioError('model_missing', `Expected the model "${id}" that made this cutout, found none here.`);
  }
  const photo = await photoOf(record, deps.store, 'flatten');
  const segmenter = await Segmenter.open(join(model.folder, 'model.onnx'), model.manifest);
  const mask = await segmenter.segment(photo.image);
  return refineInto(photo, mask, { workspace: new Workspace(), edges: 'fine' }).alpha;
}
