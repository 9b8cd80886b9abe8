import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { acceptedKey } from '#functions/contract/output-keys.ts';
import type { Preset } from '#functions/contract/preset.ts';
import type { DoneRecord, OutputFacts } from '#functions/contract/record.ts';
import { readBackdrops } from '#functions/imaging/backdrops.ts';
import { sharp } from '#functions/imaging/codec.ts';
import type { StageRunner } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { Alpha } from '#functions/imaging/raster.ts';
import { type Rendition, render } from '#functions/imaging/render.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { outputFacts } from '#functions/remove-background/records.ts';
import type { Item } from '../protocol.ts';
import { type DecideDeps, readSame, requireDone, writeRecord } from './decide.ts';
import { photoOf } from './mask-of.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';

export interface RetouchDeps extends DecideDeps {
  readonly presets: ReadonlyMap<string, Preset>;
}

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
 * @throws {StudioError} `bad_mask`, `unknown_preset`, `photo_missing`, `photo_replaced`, `conflict`, `vanished`
 */
export async function retouch({ key, etag, mask, isCorrection }: Retouch, deps: RetouchDeps): Promise<Item> {
  const record = requireDone(await readSame(key, etag, deps.index));
  const presets = presetsOf(record, deps.presets);
  const photo = await photoOf(record, deps.store, presets[0]?.existingAlpha ?? 'flatten');
  const alpha = await readMask(mask, photo.image);
  const workspace = new Workspace();
  const backdrops = await readBackdrops(presets, { limits: PHOTO_LIMITS_DEFAULTS, read: (path) => readFile(path) });
  const stage: StageRunner = async (_, run) => await run();
  const renditions: Rendition[] = [];
  for (const preset of presets) {
    renditions.push(await render(photo.image, alpha, { preset, workspace, backdrops, stage }));
  }
  const outputs = await writeOutputs(record, renditions, deps.store);
  const next = retouched(record, outputs, { isCorrection, at: deps.now().toISOString() });
  const item = await writeRecord({ record: next, etag }, deps);
  await removeStale(record, next, deps.store);
  return item;
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

function presetsOf({ preset }: DoneRecord, known: ReadonlyMap<string, Preset>): Preset[] {
  return preset.split(',').map((id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    throw new StudioError(
      'unknown_preset',
      `Expected a preset that the studio knows, got "${id}". Start it with --preset FILE to make outputs of it.`,
    );
  });
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
    const { bytes, contentType } = rendition.file;
    const key = acceptedKey(record.outputs[i]?.key ?? '');
    const there = await store.readResult(key);
    const isSame = there !== null && createHash('sha256').update(there.bytes).digest().equals(digest(bytes));
    const isWritten = isSame || (await store.writeResult(key, bytes, { contentType, expected: there?.etag ?? null }));
    if (!isWritten)
      throw new StudioError('conflict', `Expected ${key} to stay as it is meanwhile, but it has changed.`);
    facts.push(outputFacts(key, rendition));
  }
  return facts;
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

async function removeStale(before: DoneRecord, after: DoneRecord, store: StudioStore): Promise<void> {
  const named = new Set(after.outputs.map(({ key }) => key));
  for (const { key } of before.outputs) if (!named.has(key)) await store.deleteResult(key);
}
