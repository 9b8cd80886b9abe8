import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Preset } from '#functions/contract/preset.ts';
import { PHOTO_LIMITS_DEFAULTS } from '#functions/imaging/decode.ts';
import type { PackedModel } from '#models/pack.ts';
import type { Choice, Refusal, RunState } from '../protocol.ts';
import { EventHub } from './event-hub.ts';
import type { RunPhotos } from './folder-place.ts';
import { addGuard } from './guard.ts';
import { ItemIndex } from './item-index.ts';
import { LOCKED_PAGE } from './locked-page.ts';
import { findPackedModel, modelOffers } from './model-offers.ts';
import { paceOf } from './pace.ts';
import { bundlePage, type PageBundle } from './page-bundle.ts';
import { addPictureRoutes } from './picture-routes.ts';
import { PictureDesk } from './pictures.ts';
import { ReportKeeper } from './report-keeper.ts';
import { addReviewRoutes } from './review-routes.ts';
import type { Studio } from './studio.ts';
import { StudioError } from './studio-error.ts';
import type { StudioStore } from './studio-store.ts';
import { TrialDesk } from './trial-desk.ts';
import { WorkLine } from './work-line.ts';
import { addWorkRoutes } from './work-routes.ts';

export interface StudioOptions {
  readonly store: StudioStore;
  /** Runs the pipeline on this machine: for trials, whatever the store. */
  readonly run: RunPhotos;
  readonly presets: ReadonlyMap<string, Preset>;
  readonly defaults: Choice;
  /** A network given by its folder, beside those that are known by their ids. @default none */
  readonly model?: PackedModel | undefined;
  /** @default any that is free */
  readonly port?: number;
  /** Largest photo that is taken, bytes. @default the pipeline's own */
  readonly maxBytes?: number;
  /** Folder of thumbnails. @default a temporary one */
  readonly cache?: string | undefined;
}

/** A studio that listens. */
export interface RunningStudio {
  /** What to open: the token is in it. */
  readonly address: string;
  readonly origin: string;
  readonly token: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
/** How long the page may lag behind what another process writes, where there are few records. */
const LOOK_EVERY_MS = 1_500;
/** So that looking at many thousands of records costs no more than a twentieth of a core, but the page is never far behind. */
const LOOK_SHARE = 1 / 20;
const LOOK_AT_LEAST_EVERY_MS = 10_000;

/** Starts the studio's server on this machine's loopback address. */
export async function startStudio(options: StudioOptions): Promise<RunningStudio> {
  const { store, port = 0 } = options;
  const token = randomBytes(32).toString('base64url');
  const temporary = await mkdtemp(join(tmpdir(), 'cutline-studio-'));
  const page = await bundlePage();
  const { studio, close } = openStudio(options, temporary);
  await studio.index.refresh();

  const app = Fastify({ logger: false, bodyLimit: 1_000_000, forceCloseConnections: true });
  let listening = port;
  await app.register(helmet, POLICY);
  addGuard(app, { token, port: () => listening });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, refusal } = answerTo(error);
    reply.code(status);
    const isPerson = status === 401 && request.headers.accept?.includes('text/html') === true;
    return isPerson ? reply.type('text/html; charset=utf-8').send(LOCKED_PAGE) : reply.send(refusal);
  });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send(refusalOf('not_found', 'Expected an address of the studio.')),
  );
  addPageRoutes(app, page);
  addPictureRoutes(app, studio);
  addWorkRoutes(app, studio);
  addReviewRoutes(app, studio);
  await app.listen({ host: HOST, port });
  const address = app.server.address();
  listening = typeof address === 'object' && address !== null ? address.port : port;

  const origin = `http://${HOST}:${listening}`;
  return {
    origin,
    token,
    address: `${origin}/?token=${token}`,
    close: async () => {
      await close();
      await app.close();
      await store.close();
      await rm(temporary, { recursive: true, force: true });
    },
  };
}

/** Nothing from anywhere else, nothing inline, in nobody's frame. */
const POLICY = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:', 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  crossOriginEmbedderPolicy: true,
  strictTransportSecurity: false,
} as const;

function addPageRoutes(app: FastifyInstance, { html, js, css }: PageBundle): void {
  app.get('/', (_, reply) => reply.type('text/html; charset=utf-8').send(html));
  app.get('/main.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(js));
  app.get('/main.css', (_, reply) => reply.type('text/css; charset=utf-8').send(css));
}

function openStudio(options: StudioOptions, temporary: string) {
  const { store, run, presets, defaults, model, cache, maxBytes = PHOTO_LIMITS_DEFAULTS.maxBytes } = options;
  const hub = new EventHub();
  const index = new ItemIndex(store);
  let isClosing = false;
  const look = async () => {
    const { items, gone } = await index.refresh();
    if (items.length > 0 || gone.length > 0) hub.send({ type: 'items', items, gone });
  };
  const lookQuietly = () => void look().catch(() => {});
  let timer = setTimeout(lookOn, LOOK_EVERY_MS);
  async function lookOn(): Promise<void> {
    const startMs = performance.now();
    if (hub.isHeard) await look().catch(() => {});
    const waitMs = Math.max(LOOK_EVERY_MS, (performance.now() - startMs) / LOOK_SHARE);
    if (!isClosing) timer = setTimeout(lookOn, Math.min(waitMs, LOOK_AT_LEAST_EVERY_MS));
  }
  const settle = async () => {
    // A look that is under way may have passed the last photo's record already.
    await look();
    await look();
  };
  const onRun = (run: RunState) => {
    hub.send({ type: 'run', run });
    if (run.state === 'done' || run.state === 'failed' || run.state === 'stopped') reporter.note();
  };
  const reporter = new ReportKeeper(store, index, () => line.failures);
  const line: WorkLine = new WorkLine({ store, onRun, onPhoto: lookQuietly, settle });
  const trials = new TrialDesk({ store, index, run, presets, folder: join(temporary, 'trials') });
  const studio: Studio = {
    store,
    index,
    hub,
    line,
    trials,
    presets,
    defaults,
    maxBytes,
    pictures: new PictureDesk(cache ?? join(temporary, 'pictures')),
    incoming: join(temporary, 'incoming'),
    now: () => new Date(),
    listModels: async () => await modelOffers(await paceOf(index), model === undefined ? [] : [model]),
    findModel: async (id) => (model?.manifest.id === id ? model : await findPackedModel(id)),
    noteChange: () => reporter.note(),
  };
  const close = async () => {
    isClosing = true;
    clearTimeout(timer);
    await line.close();
    await trials.close();
    await reporter.close();
    hub.close();
  };
  return { studio, close };
}

function answerTo(error: FastifyError): { readonly status: number; readonly refusal: Refusal } {
  if (error instanceof StudioError) {
    const { code, message, item } = error;
    return { status: error.status, refusal: { code, message, ...(item === undefined ? {} : { item }) } };
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return { status: 413, refusal: refusalOf('too_large', error.message) };
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, refusal: refusalOf('bad_request', error.message) };
  }
  return { status: 500, refusal: refusalOf('failed', error.message) };
}

function refusalOf(code: string, message: string): Refusal {
  return { code, message };
}
