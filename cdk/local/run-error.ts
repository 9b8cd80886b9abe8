type RunErrorCode =
  | 'source_missing'
  | 'source_unreadable'
  | 'no_photos'
  | 'target_unwritable'
  | 'target_overlaps_source'
  | 'already_running'
  | 'workers_do_not_start'
  | 'queue_failed';

/** A run that cannot start or go on. The message says in one line what to do. */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly code: RunErrorCode;
  /** Whether the caller asked for something impossible, as opposed to something breaking on the way. */
  readonly isUsage: boolean;

  constructor(code: RunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.isUsage = code !== 'workers_do_not_start' && code !== 'queue_failed';
  }
}
