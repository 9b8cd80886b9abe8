/** What one error looks like to a client of remove.bg. */
export interface ErrorEntry {
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

/** A request that gets no cutout. Its words are for whoever wrote the client. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly entry: ErrorEntry;
  /** When it is worth trying again, in seconds. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, entry: ErrorEntry, options: ErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(entry.detail, options);
    this.status = status;
    this.entry = entry;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** A parameter that is not what it should be: 400. */
export function invalid(parameter: string, detail: string, options?: ErrorOptions): ApiError {
  const title = `Invalid ${parameter} parameter given`;
  return new ApiError(400, { code: `invalid_${parameter}`, title, detail }, options);
}

/** A photo, or a whole request, of too many bytes: 413. */
export function tooLarge(maxBytes: number): ApiError {
  const limit = `${Math.round(maxBytes / 1e5) / 10} MB`;
  const detail = `Expected at most ${limit}. Send a smaller photo, or start the server with a larger --max-megabytes.`;
  return new ApiError(413, { code: 'file_too_large', title: 'File too large', detail });
}
