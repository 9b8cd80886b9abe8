import type { RejectionCode } from '../contract/record.ts';
import type { Judged } from './judge.ts';

type ImagingErrorCode = Extract<
  RejectionCode,
  | 'empty_file'
  | 'not_a_photo'
  | 'unsupported_format'
  | 'corrupt'
  | 'too_many_bytes'
  | 'too_many_pixels'
  | 'region_outside'
  | 'too_doubtful'
>;

/**
 * A photo that can never be cut out, however often it is tried. Its message is written for the person who uploaded it.
 * Anything else that goes wrong while imaging is a fault of the machine and stays an ordinary, retryable error.
 */
export class ImagingError extends Error {
  override readonly name: string = 'ImagingError';
  readonly code: ImagingErrorCode;
  readonly retryable = false;

  constructor(code: ImagingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

type Doubt = Omit<Judged, 'mask'>;

/** A cutout that is too likely wrong to be kept, by the caller's own threshold. */
export class TooDoubtfulError extends ImagingError {
  override readonly name = 'TooDoubtfulError';
  /** What it was judged by. */
  readonly doubt: Doubt;

  constructor(doubt: Doubt) {
    const { confidence, reasons } = doubt.assessment;
    super(
      'too_doubtful',
      `Expected a cutout that is surer than the limit, got a confidence of ${confidence} (${reasons.join(', ')}). Take another photo, or lower the limit.`,
    );
    this.doubt = doubt;
  }
}

/** @throws {TooDoubtfulError} for the verdict `rejected`. */
export function refuseTooDoubtful(doubt: Doubt): void {
  if (doubt.assessment.verdict === 'rejected') throw new TooDoubtfulError(doubt);
}
