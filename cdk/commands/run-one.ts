import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Preset } from '#functions/contract/preset.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { type PhotoLimits, refuseTooManyBytes } from '#functions/imaging/decode.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import type { PackedModel } from '#models/pack.ts';
import { UsageError } from './usage-error.ts';

export interface RunOneOptions {
  /** A photo's path, or `-` for stdin. */
  readonly source: string;
  readonly model: PackedModel;
  readonly preset: Preset;
  readonly limits: PhotoLimits;
  readonly threads: number;
}

/**
 * Cuts out one photo in this process, without queue and record.
 *
 * @returns The cutout's file. @throws {ImagingError} when the photo can never succeed.
 */
export async function runOne({ source, model, preset, limits, threads }: RunOneOptions): Promise<Uint8Array> {
  const bytes = await readPhoto(source);
  refuseTooManyBytes(bytes.length, limits.maxBytes);
  const segmenter = await Segmenter.open(join(model.folder, 'model.onnx'), model.manifest, { threads });
  const { file } = await cutOut(bytes, { segmenter, preset, limits, workspace: new Workspace() });
  return file.bytes;
}

async function readPhoto(source: string): Promise<Uint8Array> {
  if (source === '-') return buffer(process.stdin);
  return readFile(source).catch((cause: unknown) => {
    throw new UsageError(`Expected a photo that can be read, got ${source}. Check its spelling.`, { cause });
  });
}
