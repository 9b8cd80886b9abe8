import helmet from '@fastify/helmet';
import multipart from '@fastify/multipart';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Edges } from '#functions/contract/edges.ts';
import { linger } from '../linger.ts';
import { answer, refusal, wantsJson } from './answer.ts';
import { answerBroken } from './answer-broken.ts';
import { ApiError, tooLarge } from './api-error.ts';
import type { CutoutAnswer, CutoutRequest } from './cutout-messages.ts';
import type { FetchOptions } from './fetch-picture.ts';
import { findSources, loadPictures } from './find-pictures.ts';
import { createGuard } from './guard.ts';
import { formLimits, readForm } from './read-form.ts';
import { readParameters } from './read-parameters.ts';
import { toApiError } from './to-api-error.ts';
import { toPreset } from './to-preset.ts';
import { WaitingLine } from './waiting-line.ts';

export interface ServerOptions {
  /** Cuts out one photo, away from this event loop. */
  readonly cutOut: (request: CutoutRequest) => Promise<CutoutAnswer>;
  /** Photos at once. */
  readonly workers: number;
  /** Requests that may wait beside those. */
  readonly waiting: number;
  /** Null: whoever reaches the server may use it. */
  readonly apiKey: string | null;
  /** Of a photo. */
  readonly maxBytes: number;
  /** Requests of one client. */
  readonly ratePerMinute: number;
  /** How exactly outlines follow the photo. @default as the pipeline does */
  readonly edges?: Edges | undefined;
  /** How pictures are fetched from their URLs; null where that is switched off. */
  readonly fetching: Partial<FetchOptions> | null;
  /** Told of every answer; nothing of a photo or a key is in it. */
  readonly onAnswer: (facts: AnswerFacts) => void;
  /** Told of every fault of this machine. */
  readonly onFault: (error: unknown) => void;
}

export interface AnswerFacts {
  readonly method: string;
  /** Of a route, never the URL as it was sent. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

/** A client that sends slower than that holds a place for nothing. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Never used up, so that clients which look before they send do not stop. */
const PLENTY = 1_000_000;
const ACCOUNT = {
  data: {
    attributes: {
      credits: { total: PLENTY, subscription: 0, payg: PLENTY, enterprise: 0 },
      api: { free_calls: PLENTY, sizes: 'all' },
    },
  },
};

/** An HTTP server that answers as remove.bg does. Not listening yet. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const limits = formLimits(options.maxBytes);
  const fail = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const { status, entry, retryAfterSeconds } = toApiError(error, options.maxBytes);
    // A client that hung up is no fault of ours.
    if (status >= 500 && status !== 503 && !reply.raw.destroyed) options.onFault(error);
    if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
    // What was not read of the request will not be.
    if (status === 413) linger(request.raw);
    return reply.status(status).send({ errors: [entry] });
  };
  const server = fastify({
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Who is connected already is served to the end.
    return503OnClosing: false,
    frameworkErrors: fail,
    clientErrorHandler: answerBroken,
    logger: false,
  });
  server.setErrorHandler(fail);
  server.setNotFoundHandler(() => {
    const detail = 'Expected POST /v1.0/removebg or GET /v1.0/account';
    throw new ApiError(404, { code: 'not_found', title: 'Not found', detail });
  });
  // Whoever puts TLS before it decides on HSTS.
  await server.register(helmet, { hsts: false });
  await server.register(rateLimit, {
    max: options.ratePerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: () => rateExceeded(),
  });
  await server.register(multipart);
  server.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );

  addHooks(server, options);
  server.get('/v1.0/account', async () => ACCOUNT);
  addRemovebg(server, options);
  return server;
}

function addHooks(server: FastifyInstance, { apiKey, onAnswer }: ServerOptions): void {
  // After the rate limit, so that guessing keys is limited, too.
  const guard = createGuard(apiKey);
  server.addHook('preParsing', async (request) => guard(request));
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
  });
  server.addHook('onSend', async (_, reply) => {
    tellResetAsTime(reply);
    // A connection that stays open would keep a closing server from its end.
    if (isClosing) reply.header('connection', 'close');
  });
  server.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) =>
    onAnswer({
      method,
      route: routeOptions.url ?? '(no such route)',
      status: statusCode,
      ms: Math.round(elapsedTime),
    }),
  );
}

function addRemovebg(server: FastifyInstance, options: ServerOptions): void {
  const { workers, waiting, maxBytes, edges, fetching } = options;
  const limits = formLimits(maxBytes);
  const line = new WaitingLine({ places: workers, waiting, nowMs: () => performance.now() });
  server.post(
    '/v1.0/removebg',
    {
      // Before the body is read: what waits in memory is bounded.
      preParsing: async ({ headers }, reply) => {
        if (Number(headers['content-length'] ?? 0) > limits.maxBodyBytes) throw tooLarge(maxBytes);
        const leave = line.enter();
        // Who has hung up by now will not do so again.
        if (reply.raw.destroyed) leave();
        else reply.raw.once('close', leave);
      },
    },
    async (request, reply) => {
      const form = await readForm(request, limits);
      const parameters = await readParameters(form.values);
      const sources = findSources(form);
      const asked = toPreset(parameters, sources.backdrop !== null);
      const preset = edges === undefined ? asked : { ...asked, edges };
      const pictures = await loadPictures(form, sources, { maxBytes, fetching });
      const { format } = parameters;
      const packing = format === 'zip' || format === 'auto' ? format : 'as_it_is';
      const result = await line.turn(goneSignal(reply), () => options.cutOut({ ...pictures, preset, packing }));
      if (result.status === 'refused') throw refusal(result, maxBytes);
      const { headers, body } = answer(result, parameters, wantsJson(request.headers.accept));
      return reply.headers(headers).send(body);
    },
  );
}

/** Aborted when the client hangs up. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  if (reply.raw.destroyed) controller.abort();
  else reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

function rateExceeded(): ApiError {
  const detail = 'Expected fewer requests in a minute. The header Retry-After says when to go on.';
  return new ApiError(429, { code: 'rate_limit_exceeded', title: 'Rate limit exceeded', detail });
}

/** remove.bg says when the minute is over as a time, the library as seconds from now. */
function tellResetAsTime(reply: FastifyReply): void {
  const seconds = Number(reply.getHeader('x-ratelimit-reset'));
  if (Number.isFinite(seconds)) reply.header('x-ratelimit-reset', Math.ceil(Date.now() / 1000 + seconds));
}
