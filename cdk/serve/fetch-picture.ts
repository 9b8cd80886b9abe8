import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import {
  AddressError,
  guardedLookup,
  type IsAllowed,
  isPublicAddress,
  type Resolve,
  resolveHost,
} from './public-address.ts';

export interface FetchOptions {
  /** Of the file. */
  readonly maxBytes: number;
  /** For the whole way, redirects included. @default 20,000 */
  readonly timeoutMs: number;
  /** @default the system's resolver */
  readonly resolve: Resolve;
  /** @default the public internet only */
  readonly isAllowed: IsAllowed;
}

export const FETCH_DEFAULTS = {
  timeoutMs: 20_000,
  resolve: resolveHost,
  isAllowed: isPublicAddress,
} satisfies Partial<FetchOptions>;

/** A picture that cannot be had from its URL. The message names no address, so that nobody learns of a network by it. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly code: 'invalid_url' | 'failed' | 'too_large';

  constructor(code: FetchError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const MOST_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches a picture from the public internet by http or https. Every step of the way is checked as the first one is.
 *
 * @throws {FetchError}
 */
export async function fetchPicture(
  url: string,
  given: Pick<FetchOptions, 'maxBytes'> & Partial<FetchOptions>,
): Promise<Buffer> {
  const options = { ...FETCH_DEFAULTS, ...given };
  const signal = AbortSignal.timeout(options.timeoutMs);
  let target = checkedUrl(url, options.isAllowed);
  for (let step = 0; step <= MOST_REDIRECTS; step++) {
    const response = await get(target, options, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return await readBody(response, options.maxBytes);
    response.destroy();
    if (!REDIRECTS.has(statusCode) || headers.location === undefined) {
      throw new FetchError('failed', `Expected status 200, got ${statusCode}`);
    }
    target = checkedUrl(headers.location, options.isAllowed, target);
  }
  throw new FetchError('failed', `Expected at most ${MOST_REDIRECTS} redirects, got more`);
}

/** A host that is an address never goes through a lookup, so it is checked here; URL has brought it into its usual form. */
function checkedUrl(text: string, isAllowed: IsAllowed, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url === null || !isWeb || url.username !== '' || url.password !== '') {
    throw new FetchError('invalid_url', 'Expected an http or https URL without a user name');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host)) throw notPublic();
  return url;
}

function notPublic(cause?: unknown): FetchError {
  return new FetchError('invalid_url', 'Expected a URL on the public internet', { cause });
}

function get(url: URL, { resolve, isAllowed }: FetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((done, fail) => {
    const sent = request(url, {
      signal,
      // A connection of its own: nothing of it is shared or kept.
      agent: false,
      lookup: guardedLookup(resolve, isAllowed),
      headers: { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'cutline' },
    });
    sent.once('response', done);
    sent.once('error', (error) => fail(error instanceof AddressError ? notPublic(error) : unreachable(error)));
    sent.end();
  });
}

function unreachable(cause: unknown): FetchError {
  return new FetchError('failed', 'Expected an answer from the host of the URL, got none in time', { cause });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) break;
    }
  } catch (cause) {
    throw unreachable(cause);
  }
  if (length > maxBytes) throw new FetchError('too_large', `Expected at most ${maxBytes} bytes, got more`);
  return Buffer.concat(chunks);
}
