import { type CutOutOptions, cutOut } from '#functions/imaging/cutout.ts';
import { decode } from '#functions/imaging/decode.ts';
import { ImagingError } from '#functions/imaging/errors.ts';
import { boxOf } from '#functions/imaging/kernels/subject-box.ts';
import type { RgbImage } from '#functions/imaging/raster.ts';
import type { Rendition } from '#functions/imaging/render.ts';
import { SUBJECT_OPACITY } from '#functions/imaging/surroundings.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { openNetwork, openNetworkLazily } from '#functions/remove-background/open-network.ts';
import type { CutoutAnswer, CutoutRefusal, CutoutRequest, CutoutResult } from './cutout-messages.ts';
import { flattenCutout } from './flatten-cutout.ts';
import { BACKDROP } from './to-preset.ts';
import { readWorkerSettings } from './worker-settings.ts';
import { zipColourAndAlpha } from './zip-cutout.ts';

/** What a worker of the server opens while it starts: one network a process, and a second one in doubt. Nothing of a photo outlives its request. */
const { modelFolder, escalateFolder, limits, thresholds, threads } = readWorkerSettings(process.env);
const segmenter = await openNetwork(modelFolder, { threads });
const escalation = await openNetworkLazily(escalateFolder, { threads });
const workspace = new Workspace();

/** Cuts out one photo of a request. */
export async function handler({ photo, preset, backdrop, packing }: CutoutRequest): Promise<CutoutAnswer> {
  const behind = backdrop === null ? null : await refusable('backdrop', () => openBackdrop(backdrop));
  if (behind !== null && 'status' in behind) return behind;
  const backdrops = new Map<string, RgbImage>(behind === null ? [] : [[BACKDROP, behind]]);
  const options: CutOutOptions = {
    ...{ segmenter, escalation, thresholds, limits, workspace, backdrops },
    presets: [preset],
  };

  const cutout = await refusable('photo', () => cutOut(photo, options));
  if ('status' in cutout) return cutout;
  const [rendition] = cutout.renditions;
  const box = rendition === undefined ? null : boxOf(rendition.subject, SUBJECT_OPACITY);
  if (rendition === undefined || box === null) {
    const message = 'Expected a subject that stands out from its background, found none in the photo';
    return { status: 'refused', code: 'no_subject', of: 'photo', message };
  }
  const { width, height } = rendition.file;
  return { status: 'done', ...(await pack(rendition, packing)), width, height, box };
}

/** Only where a file says how much shows through is there anything to do. */
async function pack(
  { file, preset, subject }: Rendition,
  packing: CutoutRequest['packing'],
): Promise<Pick<CutoutResult, 'bytes' | 'contentType'>> {
  if (packing === 'zip') return { bytes: await zipColourAndAlpha(file.bytes), contentType: 'application/zip' };
  const isTransparent = preset.content === 'cutout' && preset.background === 'transparent';
  const isFull = packing === 'auto' && isTransparent && subject.data.every((opacity) => opacity === 255);
  const { bytes, contentType } = isFull ? await flattenCutout(file.bytes) : file;
  return { bytes, contentType };
}

async function openBackdrop(bytes: Uint8Array): Promise<RgbImage> {
  const { image } = await decode(bytes, { limits, existingAlpha: 'flatten' });
  return image;
}

async function refusable<Value>(of: CutoutRefusal['of'], run: () => Promise<Value>): Promise<Value | CutoutRefusal> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ImagingError)) throw error;
    return { status: 'refused', code: error.code, of, message: error.message };
  }
}
