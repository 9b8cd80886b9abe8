type PruneErrorCode =
  | 'unsupported_operator'
  | 'empty_layer'
  | 'bad_ratio'
  | 'bad_recipe'
  | 'no_photos'
  | 'not_calibrated'
  | 'interrupted';

/** A cut that cannot be made as asked. The message names the node and says what to do. */
export class PruneError extends Error {
  override readonly name = 'PruneError';
  readonly code: PruneErrorCode;

  constructor(code: PruneErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
