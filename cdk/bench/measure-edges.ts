import { readFile } from 'node:fs/promises';
import type { Edges } from '#functions/contract/edges.ts';
import { decode, PHOTO_LIMITS_DEFAULTS, type Photo } from '#functions/imaging/decode.ts';
import type { Mask } from '#functions/imaging/raster.ts';
import { refineInto } from '#functions/imaging/refine.ts';
import type { Network } from '#functions/imaging/segment.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { median } from './summarise.ts';

/** What edges cost at one size: medians over the warm rounds of all photos, CPU of all threads. */
export interface EdgesRun {
  readonly megapixels: number;
  readonly fastCpuMs: number;
  readonly fineCpuMs: number;
}

export interface MeasureEdgesOptions {
  readonly megapixels: number;
  /** JPEG files. */
  readonly photos: readonly string[];
  readonly segmenter: Pick<Network, 'segment'>;
  /** Rounds before it counts, and rounds that count, of each photo. */
  readonly warmUp: number;
  readonly rounds: number;
}

/** Measures the refine stage alone, fast and fine in turn on the same masks, in this process. */
export async function measureEdges(options: MeasureEdgesOptions): Promise<EdgesRun> {
  const { megapixels, photos, segmenter, warmUp, rounds } = options;
  const workspace = new Workspace();
  const all: Record<Edges, number[]> = { fast: [], fine: [] };
  for (const file of photos) {
    const photo = await decode(await readFile(file), { limits: PHOTO_LIMITS_DEFAULTS, existingAlpha: 'flatten' });
    const mask = await segmenter.segment(photo.image);
    // One copy for all rounds: collecting one of 36 MB a round would cost more CPU than what is measured.
    const copy = new Uint8Array(photo.image.data.length);
    for (let round = 0; round < warmUp + rounds; round++) {
      for (const edges of ['fast', 'fine'] as const) {
        const cpuMs = refineCpuMs(photo, mask, { edges, workspace, copy });
        if (round >= warmUp) all[edges].push(cpuMs);
      }
    }
  }
  return { megapixels, fastCpuMs: median(all.fast), fineCpuMs: median(all.fine) };
}

function refineCpuMs(
  photo: Photo,
  mask: Mask,
  { copy, ...options }: { edges: Edges; workspace: Workspace; copy: Uint8Array },
): number {
  // Fine edges are written into the photo.
  copy.set(photo.image.data);
  const image = { ...photo.image, data: copy };
  const before = process.cpuUsage();
  refineInto({ ...photo, image }, mask, options);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}
