import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Preset } from '#functions/contract/preset.ts';
import { readBackdrops } from '#functions/imaging/backdrops.ts';
import { cutOut } from '#functions/imaging/cutout.ts';
import { PHOTO_LIMITS_DEFAULTS, refuseTooManyBytes } from '#functions/imaging/decode.ts';
import { LazyNetwork } from '#functions/imaging/lazy-network.ts';
import { Segmenter } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { findModel } from './find-model.ts';
import { maxPixelsOf, type RunFlags } from './run-flags.ts';
import { UsageError } from './usage-error.ts';

/**
 * Cuts out one photo in this process, without queue and record, and writes it to stdout.
 *
 * @param source The photo's path, or `-` for stdin. @throws {ImagingError} when the photo can never succeed.
 */
export async function runOne(source: string, presets: readonly Preset[], flags: RunFlags): Promise<void> {
  if (presets.length > 1) throw new UsageError('Expected one --preset where the cutout goes to stdout, got several');
  const bytes = await readPhoto(source);
  const limits = { maxBytes: PHOTO_LIMITS_DEFAULTS.maxBytes, maxPixels: maxPixelsOf(flags) };
  refuseTooManyBytes(bytes.length, limits.maxBytes);

  const segmenter = await openNetwork(flags.model, flags);
  const escalation = flags.escalate === undefined ? null : await openNetwork(flags.escalate, flags);
  const { reviewBelow, rejectBelow } = flags;
  const backdrops = await readBackdrops(presets, { limits, read: (path) => readFile(path) });
  const workspace = new Workspace();
  const thresholds = { reviewBelow, rejectBelow };
  const { renditions } = await cutOut(bytes, {
    segmenter,
    escalation,
    thresholds,
    presets,
    limits,
    workspace,
    backdrops,
  });
  const [only] = renditions;
  if (only !== undefined && !process.stdout.write(only.file.bytes)) await once(process.stdout, 'drain');
}

async function openNetwork(model: string, { threads }: RunFlags): Promise<LazyNetwork> {
  const { folder, manifest } = await findModel(model);
  return new LazyNetwork(manifest, () => Segmenter.open(join(folder, 'model.onnx'), manifest, { threads }));
}

async function readPhoto(source: string): Promise<Uint8Array> {
  if (source === '-') return buffer(process.stdin);
  return readFile(source).catch((cause: unknown) => {
    throw new UsageError(`Expected a photo that can be read, got ${source}. Check its spelling.`, { cause });
  });
}
