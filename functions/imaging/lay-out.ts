import type { Colour } from '../contract/preset.ts';
import { sharp } from './codec.ts';
import type { ComposeOptions } from './compose.ts';
import { cutInto, overColourInto } from './kernels/alpha-blend.ts';
import { farFrom } from './kernels/far-from.ts';
import { overBackdropInto, shadeUnderInto } from './kernels/layers.ts';
import { contactShadow, dropShadow } from './kernels/shadow.ts';
import { splitAlpha } from './kernels/split-alpha.ts';
import { boxOf } from './kernels/subject-box.ts';
import { type Box, type Placement, placeSubject, type Size } from './place.ts';
import type { Alpha, Raster, RgbImage } from './raster.ts';
import { SUBJECT_OPACITY, surroundingsPx } from './surroundings.ts';

/** A subject in its frame, and what only the photo can tell of it. */
export interface LaidOut {
  readonly raster: Raster;
  /** The frame's opacity. */
  readonly subject: Alpha;
  readonly scale: number;
  readonly isShrunk: boolean;
  /** Sides of the photo that cut the subject off, 0..4. */
  readonly cutOff: number;
}

/** Fainter than this is the network's uncertainty, not hair: on a background of one colour it would only be dirt. */
const FAINTEST = 13;
/** JPEG smears an edge over its own block of so many px. */
const BLOCK_PX = 8;

/** Puts the subject into a frame. Its invisible surroundings are left out, so that a white background is white. */
export async function layOut(image: RgbImage, alpha: Alpha, options: ComposeOptions): Promise<LaidOut> {
  const { preset, workspace } = options;
  const { width, height } = image;
  const box = boxOf(alpha, SUBJECT_OPACITY);
  const whole = { left: 0, top: 0, width, height };
  const placement =
    preset.layout === undefined
      ? { canvas: { width, height }, scale: 1, target: box ?? whole, isShrunk: false }
      : placeSubject(box ?? whole, image, preset.layout);

  const pixels = workspace.take('pixels', width * height * 4);
  cutInto(pixels, image.data, alpha.data);
  const part = await scaledPart({ width, height, channels: 4, data: pixels }, alpha, { box: box ?? whole, placement });
  const front = onCanvas(part, placement.canvas);
  if (hasPlainBackground(preset)) clearSurroundings(front.alpha);
  const raster = await finish(front, options, box === null ? null : placement.target);
  return {
    raster,
    subject: front.alpha,
    scale: placement.scale,
    isShrunk: placement.isShrunk,
    cutOff: box === null ? 0 : sidesTouched(box, image),
  };
}

interface Part extends Box {
  /** RGBA. */
  readonly data: Uint8Array;
}

/** Cuts out what is visible and scales it. */
async function scaledPart(
  cut: Raster,
  alpha: Alpha,
  { box, placement }: { readonly box: Box; readonly placement: Placement },
): Promise<Part> {
  const visible = boxOf(alpha, FAINTEST) ?? box;
  const { target } = placement;
  const [scaleX, scaleY] = [target.width / box.width, target.height / box.height];
  const raw = { raw: { width: cut.width, height: cut.height, channels: cut.channels } };
  const size = {
    width: Math.max(1, Math.round(visible.width * scaleX)),
    height: Math.max(1, Math.round(visible.height * scaleY)),
  };
  const part = sharp(cut.data, raw).extract(visible);
  const isScaled = size.width !== visible.width || size.height !== visible.height;
  // The resize weighs colours by their opacity, so that no black of invisible pixels gets into the edge.
  const data = await (isScaled ? part.resize({ ...size, fit: 'fill', kernel: 'lanczos3' }) : part).raw().toBuffer();
  return {
    ...size,
    left: target.left - Math.round((box.left - visible.left) * scaleX),
    top: target.top - Math.round((box.top - visible.top) * scaleY),
    data,
  };
}

interface Front {
  readonly image: RgbImage;
  readonly alpha: Alpha;
}

function onCanvas(part: Part, { width, height }: Size): Front {
  const data = new Uint8Array(width * height * 4);
  const left = Math.max(0, part.left);
  const right = Math.min(width, part.left + part.width);
  for (let y = Math.max(0, part.top); y < Math.min(height, part.top + part.height) && right > left; y++) {
    const from = ((y - part.top) * part.width + left - part.left) * 4;
    data.set(part.data.subarray(from, from + (right - left) * 4), (y * width + left) * 4);
  }
  const front = splitAlpha({ width, height, channels: 4, data });
  for (let i = 0; i < front.alpha.data.length; i++) {
    if ((front.alpha.data[i] as number) < FAINTEST) front.alpha.data[i] = 0;
  }
  return front;
}

/** Whether the rules ask for a background of exactly one colour. */
function hasPlainBackground({ rules = [] }: ComposeOptions['preset']): boolean {
  return rules.some(({ check }) => check === 'background');
}

/** Removes what is too faint to be subject and too far from it to be its soft edge. */
function clearSurroundings(alpha: Alpha): void {
  const { width, height, data } = alpha;
  const subject = data.map((value) => (value >= SUBJECT_OPACITY ? 1 : 0));
  const far = farFrom({ width, height, data: subject }, surroundingsPx(alpha) - BLOCK_PX);
  for (let i = 0; i < data.length; i++) if (far[i] === 1) data[i] = 0;
}

async function finish({ image, alpha }: Front, options: ComposeOptions, box: Box | null): Promise<Raster> {
  const { preset, backdrop } = options;
  const { width, height } = image;
  if (preset.content === 'mask') return { width, height, channels: 1, data: alpha.data };
  const { background, shadow } = preset;
  const outline = shadow === undefined || box === null ? null : shadow.kind === 'drop' ? dropShadow : contactShadow;
  const shade = outline === null || box === null ? null : outline(alpha, box);
  const opacity = shadow?.opacity ?? 0.35;

  if (background === 'transparent') {
    const data = new Uint8Array(width * height * 4);
    cutInto(data, image.data, alpha.data);
    if (shade !== null) shadeUnderInto(data, shade, opacity);
    return { width, height, channels: 4, data };
  }
  const data = new Uint8Array(width * height * 3);
  if ('r' in background && shade === null) {
    overColourInto(data, { rgb: image.data, alpha: alpha.data, colour: background });
  } else {
    data.set('r' in background ? plain(background, width * height) : await covering(backdrop, { width, height }));
    overBackdropInto(data, { rgb: image.data, alpha: alpha.data, shade, opacity });
  }
  return { width, height, channels: 3, data };
}

function plain({ r, g, b }: Colour, pixels: number): Uint8Array {
  const data = new Uint8Array(pixels * 3);
  for (let i = 0; i < data.length; i += 3) data.set([r, g, b], i);
  return data;
}

/** A picture that fills the frame: scaled to cover it, and what stands over on two sides cut off evenly. */
async function covering(backdrop: RgbImage | undefined, size: Size): Promise<Uint8Array> {
  if (backdrop === undefined) throw new Error('Expected the picture that the preset names as its background, got none');
  const { width, height, data } = backdrop;
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .resize({ ...size, fit: 'cover' })
    .raw()
    .toBuffer();
}

function sidesTouched({ left, top, width, height }: Box, photo: Size): number {
  return [left === 0, top === 0, left + width === photo.width, top + height === photo.height].filter(Boolean).length;
}
