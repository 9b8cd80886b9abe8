import type { RejectionCode } from '../contract/record.ts';

type ImagingErrorCode = Extract<
  RejectionCode,
  | 'empty_file'
  | 'not_a_photo'
  | 'unsupported_format'
  | 'corrupt'
  | 'too_many_bytes'
  | 'too_many_pixels'
  | 'region_outside'
>;

/**
 * A photo that can never be cut out, however often it is tried. Its message is written for the person who uploaded it.
 * Anything else that goes wrong while imaging is a fault of the machine and stays an ordinary, retryable error.
 */
export class ImagingError extends Error {
  override readonly name = 'ImagingError';
  readonly code: ImagingErrorCode;
  readonly retryable = false;

  constructor(code: ImagingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
