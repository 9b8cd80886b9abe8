import type { MaskFacts } from '../contract/record.ts';
import { labelParts } from './kernels/label-parts.ts';
import type { Mask } from './raster.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The photo, or its part that the mask is of. */
export interface Place extends Size {
  /** @default 0 */
  readonly left?: number;
  /** @default 0 */
  readonly top?: number;
}

const SUBJECT = 0.5;
/** Smaller pieces are specks. */
const SMALLEST_PART = 0.01;

/**
 * Measures a raw mask: how much of it is subject, where, and in how many pieces.
 *
 * @param place What the box is given in. Cost: 20 ms at 1024 x 1024.
 */
export function measureMask(mask: Mask, place: Place): MaskFacts {
  const { width, height, data } = mask;
  const isSubject = binaryOf(data);
  const { areas, box } = labelParts(isSubject, width, height);
  const subject = areas.reduce((sum, area) => sum + area, 0);
  return {
    coverage: Math.round((subject / data.length) * 1e4) / 1e4,
    box: box === null ? null : scaleBox(box, mask, place),
    touches: box === null ? [] : touchedEdges(box, width, height),
    parts: areas.filter((area) => area >= subject * SMALLEST_PART).length,
  };
}

/** @returns 1 where a mask is subject. */
export function binaryOf(data: Float32Array): Uint8Array {
  const binary = new Uint8Array(data.length);
  // A callback a value, as Uint8Array.from takes, costs ten times as much.
  for (let i = 0; i < data.length; i++) if ((data[i] as number) > SUBJECT) binary[i] = 1;
  return binary;
}

interface Box {
  readonly left: number;
  readonly top: number;
  /** Exclusive. */
  readonly right: number;
  /** Exclusive. */
  readonly bottom: number;
}

/** The smallest box of whole photo pixels around the mask's. Multiplies first, so that whole results stay whole. */
function scaleBox({ left, top, right, bottom }: Box, mask: Size, place: Place) {
  const l = Math.floor((left * place.width) / mask.width);
  const t = Math.floor((top * place.height) / mask.height);
  return {
    left: l + (place.left ?? 0),
    top: t + (place.top ?? 0),
    width: Math.ceil((right * place.width) / mask.width) - l,
    height: Math.ceil((bottom * place.height) / mask.height) - t,
  };
}

function touchedEdges({ left, top, right, bottom }: Box, width: number, height: number): MaskFacts['touches'] {
  const touches: MaskFacts['touches'] = [];
  if (left === 0) touches.push('left');
  if (top === 0) touches.push('top');
  if (right === width) touches.push('right');
  if (bottom === height) touches.push('bottom');
  return touches;
}
