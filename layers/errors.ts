type LayerErrorCode = 'bad_lock_file' | 'no_package' | 'checksum_mismatch' | 'too_large';

/** A layer that cannot be packed. The message is for the person at the command line. */
export class LayerError extends Error {
  override readonly name = 'LayerError';
  readonly code: LayerErrorCode;

  constructor(code: LayerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
