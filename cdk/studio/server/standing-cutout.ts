import { join } from 'node:path';
import { resultStem } from '#functions/contract/output-keys.ts';
import type { Preset } from '#functions/contract/preset.ts';
import type { DoneRecord } from '#functions/contract/record.ts';
import { sharp } from '#functions/imaging/codec.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS, type Photo } from '#functions/imaging/decode.ts';
import { splitAlpha } from '#functions/imaging/kernels/split-alpha.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PackedModel } from '#models/pack.ts';
import { decodePhoto, type PictureDesk } from './pictures.ts';
import { presetsOfRecord } from './record-presets.ts';
import { StudioError } from './studio-error.ts';
import type { FoundPhoto, StudioStore } from './studio-store.ts';

export interface CutoutDeps {
  readonly store: StudioStore;
  readonly pictures: PictureDesk;
  readonly presets: ReadonlyMap<string, Preset>;
  /** Finds a network without fetching it. */
  readonly findModel: (id: string) => Promise<PackedModel | null>;
}

/** A subject's colours and opacity, `[height, width]` of its photo. */
export interface StandingCutout {
  readonly image: RgbImage;
  readonly alpha: Alpha;
}

/** Where the cutout of a corrected mask lies whose outputs do not show it. */
export function retouchedKey(key: string): string {
  return `retouched/${resultStem(key)}.png`;
}

/**
 * What a photo's outputs were made of: its subject's colours, cleaned at the edge, and its opacity.
 *
 * Read from a lossless output that lies in place. Where every output is on a background or in a frame, the photo is cut out
 * again with the same network and edges, which takes as long as it took then, once.
 *
 * @throws {StudioError} `photo_missing`, `photo_replaced`, `model_missing`, `unknown_preset`
 */
export async function standingCutout(record: DoneRecord, deps: CutoutDeps): Promise<StandingCutout> {
  const places = placesOf(record);
  for (const place of places) {
    const file = await deps.store.readResult(place);
    const cutout = file === null ? null : await readCutout(file.bytes, record);
    if (file === null || cutout === null) continue;
    // What the machine made is kept before a person paints over it, so that it can come back to the last colour.
    if (record.retouchedAt === undefined) await deps.pictures.kept(nameOf(record), async () => file.bytes);
    return cutout;
  }
  return await machineCutout(record, deps);
}

/** The same as it was before a person corrected it. @throws {StudioError} as above */
export async function machineCutout(record: DoneRecord, deps: CutoutDeps): Promise<StandingCutout> {
  const file = await deps.pictures.kept(nameOf(record), () => deps.pictures.inTurn(() => cutOutAgain(record, deps)));
  const cutout = await readCutout(file, record);
  if (cutout !== null) return cutout;
  throw new StudioError('photo_replaced', 'Expected a cutout of the size of its photo, got another.');
}

function nameOf({ fingerprint }: DoneRecord): string {
  return `cutout ${fingerprint}`;
}

/** Whether an output shows the whole mask, and without loss. */
export function showsMask(record: DoneRecord): boolean {
  return record.outputs.some((output) => isWhole(output, record));
}

function placesOf(record: DoneRecord): string[] {
  const own = record.outputs.filter((output) => isWhole(output, record)).map(({ key }) => key);
  return record.retouchedAt === undefined ? own : [...own, retouchedKey(record.source.key)];
}

function isWhole({ format, scale, width, height }: DoneRecord['outputs'][number], { source }: DoneRecord): boolean {
  return format === 'png' && scale === undefined && width === source.width && height === source.height;
}

/** @returns Null where the picture has no alpha, or another size than the photo. */
async function readCutout(file: Uint8Array, { source }: DoneRecord): Promise<StandingCutout | null> {
  const picture = sharp(file, { ignoreIcc: true, limitInputPixels: PHOTO_LIMITS_DEFAULTS.maxPixels });
  const { hasAlpha } = await picture.metadata();
  if (!hasAlpha) return null;
  const { data, info } = await picture.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 4 || width !== source.width || height !== source.height) return null;
  return splitAlpha({ width, height, channels, data });
}

async function cutOutAgain(record: DoneRecord, deps: CutoutDeps): Promise<Uint8Array> {
  const { id, sha256 } = record.model;
  const model = await deps.findModel(id);
  if (model === null || model.manifest.sha256 !== sha256) {
    throw new StudioError('model_missing', `Expected the model "${id}" that made this cutout, found none here.`);
  }
  const [{ existingAlpha = 'flatten', edges = 'fine', roi } = {}] = presetsOfRecord(record, deps.presets);
  const { bytes } = await samePhoto(record, deps.store);
  const segmenter = await Segmenter.open(join(model.folder, 'model.onnx'), model.manifest);
  const plain: Preset = {
    id: 'whole',
    content: 'cutout',
    background: 'transparent',
    format: 'png',
    existingAlpha,
    edges,
    ...(roi === undefined ? {} : { roi }),
  };
  const options = { segmenter, presets: [plain], limits: PHOTO_LIMITS_DEFAULTS, workspace: new Workspace() };
  const [rendition] = (await cutOut(bytes, options)).renditions;
  if (rendition === undefined) throw new Error('Expected a rendition for each preset, got none');
  return rendition.file.bytes;
}

/** The photo a record is about, decoded as it was then. @throws {StudioError} `photo_missing`, `photo_replaced` */
export async function photoOf(
  record: DoneRecord,
  store: StudioStore,
  existingAlpha: 'flatten' | 'keep',
): Promise<Photo> {
  return await decodePhoto((await samePhoto(record, store)).bytes, existingAlpha);
}

async function samePhoto({ source }: DoneRecord, store: StudioStore): Promise<FoundPhoto> {
  const name = JSON.stringify(source.key);
  const found = await store.readPhoto(source);
  if (found === null) {
    throw new StudioError('photo_missing', `Expected the photo ${name}, found none: was it moved?`);
  }
  if (found.etag === source.etag) return found;
  throw new StudioError(
    'photo_replaced',
    `Expected the photo ${name} as it was cut out, got another one under its name. Cut it out again.`,
  );
}
