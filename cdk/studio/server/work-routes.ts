import type { FastifyInstance } from 'fastify';
import { linger } from '../../linger.ts';
import type { RunState, Session, Trial } from '../protocol.ts';
import { presetOffers, presetsFor } from './preset-offers.ts';
import { receivePhoto, refuseTooLarge } from './receive-photo.ts';
import { Requests, readRequest } from './requests.ts';
import type { Studio } from './studio.ts';
import { StudioError } from './studio-error.ts';

/** What there is to do with photos: take them in, cut them out, and tell how far that is. */
export function addWorkRoutes(app: FastifyInstance, studio: Studio): void {
  const { store, hub, line, presets, trials } = studio;

  app.get('/api/session', async (): Promise<Session> => {
    const { title, kind, canChooseModel } = store;
    const models = await studio.listModels();
    const { defaults, maxBytes } = studio;
    return { title, kind, canChooseModel, models, presets: presetOffers(presets), defaults, maxBytes, runs: line.runs };
  });

  app.get('/api/events', (_, reply) => {
    reply.hijack();
    hub.add(reply.raw);
    for (const run of line.runs) hub.send({ type: 'run', run });
  });

  app.register(async (inner) => {
    // The file itself, as it arrives: never parsed, never whole in memory.
    inner.removeAllContentTypeParsers();
    inner.addContentTypeParser('*', (_, payload, done) => done(null, payload));
    inner.put('/api/photos', { bodyLimit: Number.MAX_SAFE_INTEGER }, async (request) => {
      try {
        const { name } = readRequest(Requests.name, request.query);
        refuseTooLarge(Number(request.headers['content-length'] ?? 0), studio.maxBytes);
        const options = { store, folder: studio.incoming, maxBytes: studio.maxBytes };
        return { key: await receivePhoto(name, request.raw, options) };
      } catch (error) {
        // What is refused is not read to its end.
        linger(request.raw);
        throw error;
      }
    });
  });

  app.post('/api/runs', async (request): Promise<RunState> => {
    const { keys, choice } = readRequest(Requests.run, request.body);
    presetsFor(choice, presets);
    return line.add(keys, choice);
  });

  app.post('/api/runs/stop', async (request) => {
    const { id } = readRequest(Requests.id, request.body);
    if (!line.stop(id)) throw new StudioError('not_found', 'Expected a run that is not over, found none.');
    return {};
  });

  app.post('/api/runs/again', async (request): Promise<RunState> => {
    const { id } = readRequest(Requests.id, request.body);
    const run = line.again(id);
    if (run === null) throw new StudioError('not_found', 'Expected a run of this session, found none.');
    return run;
  });

  app.post('/api/trials', async (request): Promise<Trial> => {
    const { key, choice } = readRequest(Requests.trial, request.body);
    presetsFor(choice, presets);
    return await trials.start(key, choice);
  });
}
