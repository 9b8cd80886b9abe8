type ModelErrorCode =
  | 'unknown_model'
  | 'checksum_mismatch'
  | 'no_source'
  | 'source_failed'
  | 'unreadable_file'
  | 'bad_package';

/** A model that is not where it should be, or not what it should be. The message is for the person at the command line. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What went wrong, in a few words, whatever was thrown. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message.startsWith('fetch failed') ? `no answer${cause}` : error.message;
}
