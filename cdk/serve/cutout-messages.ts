import type { Preset } from '#functions/contract/preset.ts';
import type { ImagingError } from '#functions/imaging/errors.ts';

/** What the server asks of a worker. */
export interface CutoutRequest {
  /** A whole file, as uploaded. */
  readonly photo: Uint8Array;
  readonly preset: Preset;
  /** A whole file: the picture behind the subject, where the preset names one. */
  readonly backdrop: Uint8Array | null;
  /**
   * What becomes of the preset's file: `zip` parts a PNG into colours and mask, `auto` makes a JPEG of a PNG that nothing
   * shows through.
   */
  readonly packing: 'as_it_is' | 'zip' | 'auto';
}

/** A finished cutout. */
export interface CutoutResult {
  readonly status: 'done';
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  /** The subject's, in pixels of the result. */
  readonly box: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Why there is none, and never will be for this photo. */
export interface CutoutRefusal {
  readonly status: 'refused';
  readonly code: ImagingError['code'] | 'no_subject';
  /** Which of the two files it is about. */
  readonly of: 'photo' | 'backdrop';
  readonly message: string;
}

export type CutoutAnswer = CutoutResult | CutoutRefusal;
