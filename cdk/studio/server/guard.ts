import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StudioError } from './studio-error.ts';

export interface GuardOptions {
  /** What opens the studio, for whoever has the address that was printed. */
  readonly token: string;
  /** The server's own port, known once it listens. */
  readonly port: () => number;
}

const READING = new Set(['GET', 'HEAD']);

/**
 * Lets nobody in but the page itself: a wrong Host is another site that points its name here, a foreign Origin another
 * site's script, and without the token anything else on this machine.
 *
 * The token comes once in the address of the page and is a cookie from then on. Cookies know no ports, so its name has one;
 * another server on this machine counts as the same site, which is why the Origin is looked at, too.
 */
export function addGuard(app: FastifyInstance, { token, port }: GuardOptions): void {
  const cookie = () => `cutline-studio-${port()}`;
  app.addHook('onRequest', async (request, reply) => {
    assertHost(request, port());
    assertOrigin(request, port());
    if (isPage(request) && isToken(tokenInQuery(request), token)) {
      reply.header('set-cookie', `${cookie()}=${token}; Path=/; HttpOnly; SameSite=Strict`);
      return;
    }
    assertToken(request, { token, cookie: cookie() });
  });
  app.addHook('onSend', async (_: FastifyRequest, reply: FastifyReply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}

function assertHost({ headers }: FastifyRequest, port: number): void {
  if (hosts(port).includes(headers.host ?? '')) return;
  throw new StudioError(
    'wrong_host',
    `Expected the Host 127.0.0.1:${port}, got ${JSON.stringify(headers.host ?? '')}.`,
  );
}

function assertOrigin({ headers, method }: FastifyRequest, port: number): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isOwn = origin === undefined || hosts(port).some((host) => origin === `http://${host}`);
  // `none` is a person who typed or opened the address.
  const isOwnSite = site === undefined || site === 'same-origin' || (site === 'none' && READING.has(method));
  if (isOwn && isOwnSite && (READING.has(method) || origin !== undefined)) return;
  throw new StudioError(
    'foreign_origin',
    `Expected a request of the studio's own page, got one of ${origin ?? site ?? 'no origin'}.`,
  );
}

function hosts(port: number): string[] {
  return [`127.0.0.1:${port}`, `localhost:${port}`];
}

function isPage({ url, method }: FastifyRequest): boolean {
  return READING.has(method) && url.split('?')[0] === '/';
}

function tokenInQuery({ url }: FastifyRequest): string | null {
  return new URLSearchParams(url.split('?')[1] ?? '').get('token');
}

function assertToken(
  { headers }: FastifyRequest,
  { token, cookie }: { readonly token: string; readonly cookie: string },
): void {
  const given = headers.cookie
    ?.split(/;\s*/)
    .find((pair) => pair.startsWith(`${cookie}=`))
    ?.slice(cookie.length + 1);
  if (isToken(given ?? null, token)) return;
  throw new StudioError(
    given === undefined ? 'no_token' : 'wrong_token',
    'Expected the token of this studio, got none or another. Open the whole address that `cutline studio` printed.',
  );
}

function isToken(given: string | null, token: string): boolean {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
