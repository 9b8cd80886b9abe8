import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { acceptedKey } from '#functions/contract/output-keys.ts';
import type { Preset } from '#functions/contract/preset.ts';
import type { DoneRecord, OutputFacts } from '#functions/contract/record.ts';
import { readBackdrops } from '#functions/imaging/backdrops.ts';
import { sharp } from '#functions/imaging/codec.ts';
import type { StageRunner } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Alpha, RgbImage } from '#functions/imaging/raster.ts';
import { type Rendition, render } from '#functions/imaging/render.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { outputFacts } from '#functions/remove-background/records.ts';
import type { Item } from '../protocol.ts';
import { type DecideDeps, readSame, requireDone, writeRecord } from './decide.ts';
import { presetsOfRecord } from './record-presets.ts';
import {
  type CutoutDeps,
  machineCutout,
  photoOf,
  retouchedKey,
  type StandingCutout,
  showsMask,
  standingCutout,
} from './standing-cutout.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface RetouchDeps extends DecideDeps, CutoutDeps {}

export interface Retouch {
  readonly key: string;
  /** Of the record that was looked at. */
  readonly etag: string;
  /** The whole corrected mask: a picture file of the photo's size, of which the first channel counts. */
  readonly mask: Uint8Array;
  /** False puts back a mask that a machine had made. */
  readonly isCorrection: boolean;
}

/**
 * Makes a photo's outputs again, of a mask that a person corrected, through the pipeline's own compose, encode and verify.
 *
 * Whoever corrected it has looked at it, so it counts as approved.
 *
 * @throws {StudioError} `bad_mask`, `unknown_preset`, `photo_missing`, `photo_replaced`, `model_missing`, `conflict`, `vanished`
 */
export async function retouch({ key, etag, mask, isCorrection }: Retouch, deps: RetouchDeps): Promise<Item> {
  const record = requireDone(await readSame(key, etag, deps.index));
  const presets = presetsOfRecord(record, deps.presets);
  const standing = await (isCorrection ? standingCutout : machineCutout)(record, deps);
  const { image: photo } = await photoOf(record, deps.store, presets[0]?.existingAlpha ?? 'flatten');
  const alpha = await readMask(mask, photo);
  const image = coloursFor(photo, alpha, standing);
  const outputs = await writeOutputs(record, await renderAll(image, alpha, presets), deps.store);
  const next = retouched(record, outputs, { isCorrection, at: deps.now().toISOString() });
  if (isCorrection && !showsMask(record)) await keepCutout(record, await renderAll(image, alpha, [WHOLE]), deps.store);
  const item = await writeRecord({ record: next, etag }, deps);
  const named = new Set(next.outputs.map((output) => output.key));
  for (const { key: old } of record.outputs) if (!named.has(old)) await deps.store.deleteResult(old);
  return item;
}

const WHOLE: Preset = {
  id: 'whole',
  content: 'cutout',
  background: 'transparent',
  format: 'png',
  existingAlpha: 'flatten',
  edges: 'fast',
};

/** Cleaned colours where the mask is as it was, the photo's own where a person has painted. */
function coloursFor(photo: RgbImage, alpha: Alpha, standing: StandingCutout): RgbImage {
  const data = Uint8Array.from(photo.data);
  for (let pixel = 0; pixel < alpha.data.length; pixel++) {
    const opacity = alpha.data[pixel] ?? 0;
    if (opacity === 0 || opacity === 255 || opacity !== standing.alpha.data[pixel]) continue;
    data.set(standing.image.data.subarray(pixel * 3, pixel * 3 + 3), pixel * 3);
  }
  return { width: photo.width, height: photo.height, data };
}

async function renderAll(image: RgbImage, alpha: Alpha, presets: readonly Preset[]): Promise<Rendition[]> {
  const workspace = new Workspace();
  const backdrops = await readBackdrops(presets, { limits: PHOTO_LIMITS_DEFAULTS, read: (path) => readFile(path) });
  const stage: StageRunner = async (_, run) => await run();
  const renditions: Rendition[] = [];
  for (const preset of presets) {
    renditions.push(await render(image, alpha, { preset, workspace, backdrops, stage }));
  }
  return renditions;
}

function retouched(
  record: DoneRecord,
  outputs: readonly OutputFacts[],
  { isCorrection, at }: { readonly isCorrection: boolean; readonly at: string },
): DoneRecord {
  const { decision, retouchedAt: _, ...rest } = record;
  const before = decision?.before ?? (record.verdict === 'ok' ? 'ok' : 'review');
  return isCorrection
    ? { ...rest, verdict: 'ok', decision: { verdict: 'approved', before, at }, retouchedAt: at, outputs: [...outputs] }
    : { ...rest, verdict: before, outputs: [...outputs] };
}

/** @throws {StudioError} `bad_mask` */
async function readMask(file: Uint8Array, { width, height }: Pick<Alpha, 'width' | 'height'>): Promise<Alpha> {
  const options = { ignoreIcc: true, limitInputPixels: width * height };
  const data = await sharp(file, options)
    .extractChannel(0)
    .raw()
    .toBuffer()
    .catch((cause: unknown) => {
      throw new StudioError('bad_mask', `Expected a mask of ${width} x ${height} as PNG, got something else.`, {
        cause,
      });
    });
  if (data.length === width * height) return { width, height, data };
  throw new StudioError('bad_mask', `Expected a mask of ${width} x ${height}, got ${data.length} pixels.`);
}

/** An output that was refused comes back to its place. */
async function writeOutputs(
  record: DoneRecord,
  renditions: readonly Rendition[],
  store: StudioStore,
): Promise<OutputFacts[]> {
  const facts: OutputFacts[] = [];
  for (const [i, rendition] of renditions.entries()) {
    const key = acceptedKey(record.outputs[i]?.key ?? '');
    await writeFile(key, rendition, store);
    facts.push(outputFacts(key, rendition));
  }
  return facts;
}

/** So that the next look at the mask, or stroke, starts from the corrected one. */
async function keepCutout(record: DoneRecord, [rendition]: readonly Rendition[], store: StudioStore): Promise<void> {
  if (rendition !== undefined) await writeFile(retouchedKey(record.source.key), rendition, store);
}

/** @throws {StudioError} `conflict` */
async function writeFile(key: string, { file }: Rendition, store: StudioStore): Promise<void> {
  const { bytes, contentType } = file;
  const there = await store.readResult(key);
  if (there !== null && digest(there.bytes) === digest(bytes)) return;
  if (await store.writeResult(key, bytes, { contentType, expected: there?.etag ?? null })) return;
  throw new StudioError('conflict', `Expected ${key} to stay as it is meanwhile, but it has changed.`);
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
