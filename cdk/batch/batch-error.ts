type BatchErrorCode =
  | 'stage_missing'
  | 'unknown_batch'
  | 'batch_differs'
  | 'bad_source'
  | 'bad_manifest'
  | 'no_photos'
  | 'not_confirmed'
  | 'queue_refused'
  | 'not_packed';

/** A batch command that cannot do what it was asked. The message says in a line or two what to do. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly code: BatchErrorCode;
  /** Whether the caller asked for something impossible, as opposed to something breaking on the way. */
  readonly isUsage: boolean;

  constructor(code: BatchErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.isUsage = code !== 'queue_refused';
  }
}
