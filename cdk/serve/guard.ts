import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';

/**
 * Decides who may come in.
 *
 * With a key: whoever sends it as `X-Api-Key`. Without one the server is for this machine's own programs, so a web page is
 * turned away, whether it says where it is from (`Origin`) or has made its name lead here (`Host`).
 */
export function createGuard(apiKey: string | null): (request: Pick<FastifyRequest, 'headers'>) => void {
  if (apiKey === null) return refuseWebPages;
  const wanted = digest(apiKey);
  return ({ headers }) => {
    const given = headers['x-api-key'];
    if (given === undefined) throw authFailed('Missing API Key', 'Expected a key in the header X-Api-Key, got none');
    // Digests are of one length, so that the time of the comparison says nothing about the key.
    if (timingSafeEqual(digest(String(given)), wanted)) return;
    throw authFailed('Invalid API Key', "Expected the server's key in the header X-Api-Key, got another");
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function refuseWebPages({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const { host = '', origin } = headers;
  if (!isLocalName(host))
    throw authFailed('Foreign host', 'Expected a request to localhost or an address of this machine');
  if (origin !== undefined && URL.parse(origin)?.host !== host) {
    throw authFailed('Foreign origin', 'Expected no web page as the sender: start the server with an API key for that');
  }
}

/** A name that only this machine can answer for, or an address, which nobody can make lead elsewhere. */
function isLocalName(host: string): boolean {
  const name = URL.parse(`http://${host}`)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0;
}

function authFailed(title: string, detail: string): ApiError {
  return new ApiError(403, { code: 'auth_failed', title, detail });
}
