type TrainErrorCode =
  | 'no_backward_rule'
  | 'bad_loss'
  | 'bad_options'
  | 'bad_checkpoint'
  | 'too_few_photos'
  | 'diverged';

/** A network that cannot be trained as asked. The message names the node or the option and says what to do. */
export class TrainError extends Error {
  override readonly name = 'TrainError';
  readonly code: TrainErrorCode;

  constructor(code: TrainErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
