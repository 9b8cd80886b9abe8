import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Edges } from '#functions/contract/edges.ts';
import { upscaleInto } from '#functions/imaging/kernels/bilinear.ts';
import type { Alpha, Mask, RgbImage } from '#functions/imaging/raster.ts';
import { refineInto } from '#functions/imaging/refine.ts';
import { Workspace } from '#functions/imaging/workspace.ts';
import { PruneError } from '../channels/errors.ts';
import type { LabelledPhoto, MaskSource } from '../train/photos/parent-masks.ts';
import { type EvaluationSet, type Pair, readTruth } from './evaluation-sets.ts';
import { outlineError, outlineOf } from './metrics/boundary-error.ts';
import { iou, mae } from './metrics/overlap.ts';
import { type TrueColours, trueColours } from './true-colours.ts';

/** How a mask comes to the photo's size: scaled as it is, or by the workers' own stage. */
export const WAYS = ['bilinear', 'fast', 'fine'] as const satisfies readonly ('bilinear' | Edges)[];
type Way = (typeof WAYS)[number];

/** Means of a set. */
export interface EdgeFigures {
  /** Mean absolute error of the opacity over whole photos, 0..1. */
  readonly alphaMae: number;
  /** Mean distance of outlines in px of the photo. */
  readonly outlinePx: number;
  /** The same where no point counts for more than {@link NEAR_PX}: what is farther off, the network mistook for subject. */
  readonly nearPx: number;
  /** Mean absolute error of the colours of half-transparent pixels, 0..255; none where no cut-out is there on two backdrops. */
  readonly colour: number | null;
}

export interface MeasuredEdges {
  readonly photos: number;
  /** Photos whose subject the network did not find: what an edge is worth there says nothing of edges. */
  readonly leftOut: number;
  /** Half-transparent pixels whose colours are compared: the same for all ways. */
  readonly pixels: number;
  /** Pixels of known colour that one of the ways makes wholly transparent. */
  readonly unseen: number;
  /** What the known colours themselves are off by, as far as the photos tell. */
  readonly noise: number;
  readonly ways: Readonly<Record<Way, EdgeFigures>>;
}

/** As far as edges are looked for around a mask's outline, px. */
export const NEAR_PX = 3;

/** From this overlap on the subject was found. */
const FOUND_IOU = 0.5;

/**
 * Measures what becomes of a network's masks at the photos' size, against exact opacity, and against a cut-out's own colours
 * where photos show the same one on several backdrops (their true masks are the same file, their opaque pixels
 * alike).
 *
 * @throws {PruneError} `no_photos` when the subject was found in none. Cost: what masks are not in the cache, and 1 s a photo.
 */
export async function measureEdges(
  { name, pairs }: EvaluationSet,
  source: Pick<MaskSource, 'read'>,
  onPhoto: (done: number) => void = () => {},
): Promise<MeasuredEdges> {
  const tally = new Tally();
  const workspace = new Workspace();
  let done = 0;
  for (const cutout of await byTruth(pairs)) {
    const truth = await readTruth(cutout[0]?.truth ?? '');
    const photos: LabelledPhoto[] = [];
    for (const { photo } of cutout) {
      photos.push(await source.read(photo));
      onPhoto(++done);
    }
    for (const same of bySubject(photos, truth)) {
      const images = same.map(({ image }) => image);
      const known = images.length < 2 ? null : trueColours(images, truth);
      for (const photo of same) {
        const results = waysOf(photo, workspace);
        if (iou(inUnits(results.bilinear.alpha), truth) < FOUND_IOU) tally.leaveOut();
        else tally.add(results, truth, known);
      }
    }
  }
  if (tally.photos === 0)
    throw new PruneError('no_photos', `Expected a photo in ${name} whose subject is found, got none`);
  return tally.figures();
}

/** Photos with the same true mask together, in the order of the first of each. */
async function byTruth(pairs: readonly Pair[]): Promise<Pair[][]> {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const digest = createHash('sha256')
      .update(await readFile(pair.truth))
      .digest('hex');
    groups.set(digest, [...(groups.get(digest) ?? []), pair]);
  }
  return [...groups.values()];
}

/** A subject's opaque pixels differ by less than this from photo to photo, levels on average: encoders change them a little. */
const SAME_SUBJECT = 8;

/** Photos of the same subject together: bottles of one shape and six labels have one true mask. */
function bySubject(photos: readonly LabelledPhoto[], truth: Mask): LabelledPhoto[][] {
  const groups: LabelledPhoto[][] = [];
  for (const photo of photos) {
    const same = groups.find(
      ([first]) => first !== undefined && differenceInside(first.image, photo.image, truth) < SAME_SUBJECT,
    );
    if (same === undefined) groups.push([photo]);
    else same.push(photo);
  }
  return groups;
}

function differenceInside(a: RgbImage, b: RgbImage, truth: Mask): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < truth.data.length; i++) {
    if (truth.data[i] !== 1) continue;
    count += 3;
    for (let at = i * 3; at < i * 3 + 3; at++) sum += Math.abs((a.data[at] as number) - (b.data[at] as number));
  }
  return sum / Math.max(1, count);
}

interface Result {
  readonly alpha: Alpha;
  readonly image: RgbImage;
}

function waysOf({ image, mask }: LabelledPhoto, workspace: Workspace): Record<Way, Result> {
  const raw = inUnits(mask);
  const { width, height } = image;
  const data = new Uint8Array(width * height);
  upscaleInto(data, raw, { width, height });
  const refined = (edges: Edges): Result => {
    // A photo of its own: fine edges are written into it.
    const own = { ...image, data: Uint8Array.from(image.data) };
    const { alpha, image: cleaned } = refineInto({ image: own, alpha: null }, raw, { workspace, edges });
    return { alpha: { ...alpha, data: Uint8Array.from(alpha.data) }, image: cleaned };
  };
  return { bilinear: { alpha: { width, height, data }, image }, fast: refined('fast'), fine: refined('fine') };
}

function inUnits({ width, height, data }: Alpha): Mask {
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = (data[i] as number) / 255;
  return { width, height, data: values };
}

class Tally {
  photos = 0;
  #leftOut = 0;
  #pixels = 0;
  #known = 0;
  #noise = 0;
  readonly #sums = Object.fromEntries(
    WAYS.map((way) => [way, { alphaMae: 0, outlinePx: 0, nearPx: 0, colour: 0 }]),
  ) as Record<Way, { alphaMae: number; outlinePx: number; nearPx: number; colour: number }>;

  leaveOut(): void {
    this.#leftOut++;
  }

  add(results: Record<Way, Result>, truth: Mask, known: TrueColours | null): void {
    this.photos++;
    const outline = outlineOf(truth);
    for (const way of WAYS) {
      const mask = inUnits(results[way].alpha);
      const own = outlineOf(mask);
      this.#sums[way].alphaMae += mae(mask, truth);
      this.#sums[way].outlinePx += outlineError(own, outline);
      this.#sums[way].nearPx += outlineError(own, outline, NEAR_PX);
    }
    if (known !== null) this.#addColours(results, known);
  }

  #addColours(results: Record<Way, Result>, { pixels, colours, noise }: TrueColours): void {
    this.#known += pixels.length;
    for (const [index, pixel] of pixels.entries()) {
      // A colour that nobody sees is neither right nor wrong.
      if (WAYS.some((way) => results[way].alpha.data[pixel] === 0)) continue;
      this.#pixels++;
      this.#noise += noise;
      for (const way of WAYS) {
        const { data } = results[way].image;
        for (let channel = 0; channel < 3; channel++) {
          const error = Math.abs((data[pixel * 3 + channel] ?? 0) - (colours[index * 3 + channel] ?? 0));
          this.#sums[way].colour += error / 3;
        }
      }
    }
  }

  figures(): MeasuredEdges {
    const pixels = this.#pixels;
    const meanOf = (way: Way): EdgeFigures => {
      const { alphaMae, outlinePx, nearPx, colour } = this.#sums[way];
      return {
        alphaMae: alphaMae / this.photos,
        outlinePx: outlinePx / this.photos,
        nearPx: nearPx / this.photos,
        colour: pixels === 0 ? null : colour / pixels,
      };
    };
    return {
      photos: this.photos,
      leftOut: this.#leftOut,
      pixels,
      unseen: this.#known - pixels,
      noise: pixels === 0 ? 0 : this.#noise / pixels,
      ways: { bilinear: meanOf('bilinear'), fast: meanOf('fast'), fine: meanOf('fine') },
    };
  }
}
