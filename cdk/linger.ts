import type { IncomingMessage } from 'node:http';

/** How long a client may go on sending what nobody reads. */
const LINGER_MS = 2_000;

/**
 * Lets a client read the answer to a request that is refused before its end.
 *
 * A connection that is closed while bytes still arrive is reset, and the answer is lost with it: a person is then told that the
 * server does not answer instead of that the file is too large. What still comes is thrown away, for a while (RFC 9112, 9.6).
 */
export function linger(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  request.once('close', () => clearTimeout(timer));
}
