import type { DoubtReason, RejectionCode } from '#functions/contract/record.ts';

/** What became of a photo, for somebody who sells shoes and not pixels. */
export interface Explanation {
  /** A few words. */
  readonly title: string;
  /** What to do, or what to look at. */
  readonly advice: string;
}

const REJECTIONS: Readonly<Record<RejectionCode, Explanation>> = {
  empty_file: { title: 'The file is empty', advice: 'Export or upload it again.' },
  not_a_photo: {
    title: 'Not a photo',
    advice: 'The file only carries a photo’s name. Replace it with the real photo.',
  },
  unsupported_format: {
    title: 'A kind of file that cannot be read',
    advice: 'Save the photo as JPEG, PNG, WebP, AVIF or TIFF.',
  },
  corrupt: { title: 'The file is damaged', advice: 'Part of it is missing or broken. Export or upload it again.' },
  too_many_bytes: { title: 'The file is too large', advice: 'Save it with stronger compression or at a smaller size.' },
  too_many_pixels: { title: 'Too many pixels', advice: 'Save the photo at a smaller size.' },
  region_outside: {
    title: 'The region lies outside the photo',
    advice: 'Correct the region of interest, or give it in %, and run again.',
  },
  background_missing: {
    title: 'The background picture is missing',
    advice: 'Give the workers the picture that the preset names, then run again.',
  },
  too_doubtful: {
    title: 'Too doubtful to keep',
    advice: 'Take another photo, run again with --escalate, or lower --reject-below.',
  },
  source_missing: {
    title: 'The photo was gone',
    advice: 'It was moved or deleted before its turn. Put it back and run again.',
  },
  unknown_preset: { title: 'Unknown preset', advice: 'Correct the preset’s name and run again.' },
  model_unavailable: {
    title: 'The chosen model is not installed',
    advice: 'Install it or choose another one, then run again.',
  },
};

const DOUBTS: Readonly<Record<DoubtReason, string>> = {
  empty_mask: 'No product was found, so the cutout is empty or nearly so.',
  fills_frame: 'Almost the whole photo was kept: the background may still be there.',
  soft_mask: 'The outline is uncertain: look for see-through parts and ragged edges.',
  touches_frame: 'The product reaches the edge of the photo and may be cropped.',
  tiny_subject: 'What was kept is very small: it may not be the product.',
  rule_failed: 'A picture breaks a rule of its shop: see which one below.',
  unusual_size: 'The product takes up more or less of the photo than usual: check that it is all of it, and only it.',
  several_subjects: 'More than one thing was kept: check that each of them is meant.',
  thin_subject: 'The product has thin or frayed parts that may be missing: look at straps, legs and handles.',
  low_contrast: 'The product looks much like its background: check that the outline is not eaten into.',
  busy_background: 'The background is restless: parts of it may have been kept.',
  models_disagree: 'Two networks saw different things in this photo.',
  fragmented: 'The cutout is in several pieces: something may be missing or left over.',
};

const TRY_AGAIN = 'Run the same command again: finished photos are not done twice.';

/** Faults that passed the retries, by the code the run gives them. None is the photo's own. */
const FAULTS: ReadonlyMap<string, Explanation> = new Map([
  ['interrupted', { title: 'Not reached yet', advice: TRY_AGAIN }],
  ['timeout', { title: 'It took too long', advice: TRY_AGAIN }],
  ['worker_crashed', { title: 'The program stopped in the middle of this photo', advice: TRY_AGAIN }],
  ['disk_full', { title: 'The disk is full', advice: `Make room on the disk of the cutouts. ${TRY_AGAIN}` }],
  ['access_denied', { title: 'Not allowed', advice: 'Give the program access to photos and cutouts, then run again.' }],
]);

/** A cutout that a person turned down. */
export const REFUSED: Explanation = {
  title: 'Refused by a person',
  advice: 'Its files lie below refused/. Try another model or preset, or replace the photo.',
};

/** @returns What a rejection code or a fault's code means; a general sentence for codes only machines know. */
export function explainCode(code: string, status: 'rejected' | 'failed'): Explanation {
  if (isRejectionCode(code)) return REJECTIONS[code];
  return status === 'rejected'
    ? { title: 'The photo was turned down', advice: 'Replace the photo and run again.' }
    : (FAULTS.get(code) ?? { title: 'Something went wrong', advice: TRY_AGAIN });
}

/** @returns What to look at in a cutout that was not certain. */
export function explainDoubt(reason: DoubtReason): string {
  return DOUBTS[reason];
}

function isRejectionCode(code: string): code is RejectionCode {
  return Object.hasOwn(REJECTIONS, code);
}
