import { InvocationError } from '../local/worker-pool.ts';
import { ApiError, tooLarge } from './api-error.ts';
import { malformed } from './read-form.ts';

/** What the web framework says of an error. */
interface FrameworkError {
  readonly statusCode?: number;
  readonly message: string;
}

/**
 * Puts any error into remove.bg's form. Of a fault of this machine nobody outside learns more than that it is one.
 *
 * @param maxBytes Of a photo, for the words of the error.
 */
export function toApiError(error: unknown, maxBytes: number): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof InvocationError && error.code === 'timeout') {
    const detail = 'Expected the photo to be finished in time, got no end. Send a smaller one, or size=preview.';
    return new ApiError(504, { code: 'timeout', title: 'Took too long', detail }, { cause: error });
  }
  const { statusCode = 500, message } = frameworkError(error);
  if (statusCode === 413) return tooLarge(maxBytes);
  if (statusCode === 415) {
    const detail = 'Expected multipart/form-data, application/json or application/x-www-form-urlencoded';
    return new ApiError(415, { code: 'unsupported_media_type', title: 'Unsupported content type', detail });
  }
  if (statusCode >= 400 && statusCode < 500) return malformed(message, { cause: error });
  const detail = 'Expected a cutout, got a fault of the server. Try again.';
  return new ApiError(500, { code: 'internal_error', title: 'Internal error', detail }, { cause: error });
}

function frameworkError(error: unknown): FrameworkError {
  if (!(error instanceof Error)) return { message: String(error) };
  const statusCode = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  return { message: error.message, ...(statusCode === undefined ? {} : { statusCode }) };
}
