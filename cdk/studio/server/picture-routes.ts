import type { FastifyInstance, FastifyReply } from 'fastify';
import { sharp } from '#functions/imaging/codec.ts';
import type { Details } from '../protocol.ts';
import { requireDone } from './decide.ts';
import { itemOf } from './item.ts';
import { decodePhoto } from './pictures.ts';
import { Requests, readRequest } from './requests.ts';
import { standingCutout } from './standing-cutout.ts';
import type { Studio } from './studio.ts';
import { StudioError } from './studio-error.ts';

/** A picture's address names its version, so that a browser need never ask twice. */
const FOR_GOOD = 'private, max-age=31536000, immutable';

const OUTPUT_TYPES = { png: 'image/png', webp: 'image/webp', avif: 'image/avif', jpeg: 'image/jpeg' } as const;

/** What there is to see: the list, one photo's details, and pictures. */
export function addPictureRoutes(app: FastifyInstance, studio: Studio): void {
  const { index, store, pictures, trials } = studio;

  app.get('/api/items', async () => index.items());

  app.get('/api/details', async (request): Promise<Details> => {
    const { key } = readRequest(Requests.key, request.query);
    const { record, etag } = await index.read(key);
    const found = await store.readPhoto(record.source).catch(() => null);
    const photo = found === null ? 'missing' : found.etag === record.source.etag ? 'there' : 'replaced';
    return { item: itemOf(record, etag), record, photo };
  });

  app.get('/api/photo', async (request, reply) => {
    const { key, size } = readRequest(Requests.picture, request.query);
    const { record } = await index.read(key);
    const read = async () => await requirePhoto(studio, record.source);
    const version = record.source.etag;
    const picture =
      size === 'thumb'
        ? await pictures.thumbnail(`photo ${version}`, read)
        : await pictures.photo(`photo ${version}`, read);
    return send(reply, picture.bytes, picture.contentType);
  });

  app.get('/api/output', async (request, reply) => {
    const { key, index: n, size } = readRequest(Requests.picture, request.query);
    const { record } = await index.read(key);
    const output = record.outputs[n];
    if (output === undefined) throw new StudioError('not_found', `Expected output ${n} of ${key}, found none.`);
    const read = async () => {
      const file = await store.readResult(output.key);
      if (file === null) throw new StudioError('vanished', `Expected ${output.key}, found none: it was removed.`);
      return file.bytes;
    };
    if (size === 'full') return send(reply, await read(), OUTPUT_TYPES[output.format]);
    const picture = await pictures.thumbnail(output.sha256, read);
    return send(reply, picture.bytes, picture.contentType);
  });

  app.get('/api/mask', async (request, reply) => {
    const { key } = readRequest(Requests.key, request.query);
    const record = requireDone(await index.read(key));
    const version = record.outputs.map(({ sha256 }) => sha256).join(' ');
    const bytes = await pictures.kept(`mask ${record.fingerprint} ${version}`, async () => {
      const { alpha } = await standingCutout(record, studio);
      const { width, height, data } = alpha;
      return await sharp(data, { raw: { width, height, channels: 1 } })
        .toColourspace('b-w')
        .png({ compressionLevel: 2 })
        .toBuffer();
    });
    return send(reply, bytes, 'image/png');
  });

  app.get('/api/trial-output', async (request, reply) => {
    const { id, index: n } = readRequest(Requests.trialPicture, request.query);
    const { bytes } = await trials.output(id, n);
    await decodePhoto(bytes, 'flatten');
    return send(reply, bytes, (await sharp(bytes).metadata()).format === 'jpeg' ? 'image/jpeg' : 'image/png');
  });
}

async function requirePhoto(
  { store }: Studio,
  source: { readonly bucket: string; readonly key: string; readonly etag: string },
): Promise<Uint8Array> {
  const found = await store.readPhoto(source);
  if (found !== null) return found.bytes;
  throw new StudioError('photo_missing', `Expected the photo ${JSON.stringify(source.key)}, found none: was it moved?`);
}

async function send(reply: FastifyReply, bytes: Uint8Array, contentType: string): Promise<FastifyReply> {
  // Whatever a file claims to be: it is shown as this, and can run nothing.
  reply.header('content-type', contentType).header('cache-control', FOR_GOOD);
  reply.header('content-security-policy', "default-src 'none'; sandbox");
  return await reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
