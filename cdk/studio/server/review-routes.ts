import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { PhotoRecord } from '#functions/contract/record.ts';
import { reportCsv } from '../../report/report-csv.ts';
import type { Decided, Item } from '../protocol.ts';
import { allRecords } from './all-records.ts';
import { decide, decideMany } from './decide.ts';
import { lastReport, reportNow } from './refresh-report.ts';
import { Requests, readRequest } from './requests.ts';
import { retouch } from './retouch.ts';
import type { Studio } from './studio.ts';
import { StudioError } from './studio-error.ts';
import { zipResults } from './zip-results.ts';

/** Of a corrected mask: a grey PNG of 100 megapixels has less. */
const MASK_BYTES = 64_000_000;
const KEYS_BYTES = 64_000_000;

/** What a person decides, and takes away. */
export function addReviewRoutes(app: FastifyInstance, studio: Studio): void {
  const { index, hub } = studio;
  const changed = (item: Item): Item => {
    hub.send({ type: 'items', items: [item], gone: [] });
    studio.noteChange();
    return item;
  };

  app.post('/api/decisions', async (request) =>
    changed(await decide(readRequest(Requests.decision, request.body), studio)),
  );

  app.post('/api/decisions/many', { bodyLimit: KEYS_BYTES }, async (request): Promise<Decided> => {
    const { photos, verdict } = readRequest(Requests.decisions, request.body);
    const decided = await decideMany(photos, verdict, studio);
    hub.send({ type: 'items', items: decided.items, gone: [] });
    studio.noteChange();
    return decided;
  });

  app.post('/api/trials/keep', async (request) => {
    const { id, etag } = readRequest(Requests.keep, request.body);
    return changed(await studio.trials.keep(id, etag));
  });

  app.register(async (inner) => {
    inner.addContentTypeParser('image/png', { parseAs: 'buffer', bodyLimit: MASK_BYTES }, (_, body, done) =>
      done(null, body),
    );
    inner.put('/api/mask', { bodyLimit: MASK_BYTES }, async (request) => {
      const { key, etag, correction } = readRequest(Requests.retouch, request.query);
      if (!Buffer.isBuffer(request.body)) throw new StudioError('bad_mask', 'Expected a mask as PNG, got nothing.');
      return changed(await retouch({ key, etag, mask: request.body, isCorrection: correction === 'yes' }, studio));
    });
  });

  app.get('/api/report.csv', async (_, reply) => {
    reply.header('content-type', 'text/csv; charset=utf-8');
    reply.header('content-disposition', 'attachment; filename="report.csv"');
    return await csvOf(await allRecords(index, null), studio);
  });

  // A browser downloads what it gets an address of; the keys of a selection would not fit into one.
  const asked = new Map<string, readonly string[] | null>();
  app.post('/api/downloads', { bodyLimit: KEYS_BYTES }, async (request) => {
    const { keys } = readRequest(Requests.download, request.body);
    const id = randomUUID();
    asked.set(id, keys);
    return { id };
  });
  app.get('/api/downloads', async (request, reply) => {
    const { id } = readRequest(Requests.id, request.query);
    const keys = asked.get(id);
    if (keys === undefined) throw new StudioError('not_found', 'Expected a download that was asked for, found none.');
    asked.delete(id);
    const records = await allRecords(index, keys);
    if (records.every(({ outputs }) => outputs.length === 0)) {
      throw new StudioError('nothing_chosen', 'Expected photos with cutouts, got none.');
    }
    reply.header('content-type', 'application/zip');
    reply.header('content-disposition', 'attachment; filename="cutouts.zip"');
    return reply.send(zipResults(records, { store: studio.store, csv: await csvOf(records, studio) }));
  });

  async function csvOf(records: readonly PhotoRecord[], { store, line, now }: Studio): Promise<string> {
    const isAll = records.length === index.items().length;
    const last = isAll && store.reported !== null ? await lastReport(store.reported.dst) : null;
    const failures = isAll ? line.failures : [];
    return reportCsv(reportNow({ records, failures, last, now: now() }).photos);
  }
}
