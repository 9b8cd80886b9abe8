import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { AnswerFacts } from '../../cdk/serve/server.ts';
import { type StartOptions, startServer } from '../../cdk/serve/start-server.ts';
import { boxOnWhite } from './rasters.ts';
import { writeTinyModel } from './tiny-model.ts';

/** The photo of these tests: a dark red box on white. */
export const PHOTO = { width: 320, height: 192 };
export const BOX = { left: 80, top: 48, width: 160, height: 96 };

/** A cell of the network's 64 x 64 grid in the photo, and what bilinear scaling blurs of it. */
export const GRID_PX = 6;
/** Of photo and box. */
export const CENTRE = [160, 96] as const;

/** The largest difference between two rows of numbers. */
export function near(actual: readonly number[], wanted: readonly number[]): number {
  return Math.max(...wanted.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
}

export async function boxPhoto(scale = 1): Promise<Buffer> {
  const [size, box] = [PHOTO, BOX].map((sides) =>
    Object.fromEntries(Object.entries(sides).map(([name, px]) => [name, px * scale])),
  ) as [typeof PHOTO, typeof BOX];
  const { width, height, data } = boxOnWhite(size, box);
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

export interface TinyServer {
  readonly url: string;
  /** What the server told of its answers and faults, and what its workers wrote. */
  readonly answers: readonly AnswerFacts[];
  readonly faults: readonly unknown[];
  readonly lines: readonly string[];
  readonly close: () => Promise<void>;
}

/** A real server with real workers and the tiny network, on a free port. */
export async function startTinyServer(options: Partial<StartOptions> = {}): Promise<TinyServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cutline-serve-'));
  const told = { answers: [] as AnswerFacts[], faults: [] as unknown[], lines: [] as string[] };
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    apiKey: null,
    modelFolder: await writeTinyModel(folder),
    workers: 1,
    threads: 1,
    waiting: 8,
    ratePerMinute: 10_000,
    maxBytes: 2e6,
    maxPixels: 20e6,
    timeoutMs: 60_000,
    fetching: null,
    onAnswer: (facts) => told.answers.push(facts),
    onFault: (error) => told.faults.push(error),
    onLine: (line) => told.lines.push(line),
    ...options,
  });
  const close = async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url, ...told, close };
}

type Values = Readonly<Record<string, string | Uint8Array>>;

/** Sends parameters as a form with files, as curl's `-F` does. */
export async function postForm(
  { url }: Pick<TinyServer, 'url'>,
  values: Values,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string') body.append(name, value);
    else body.append(name, new Blob([Uint8Array.from(value)]), 'photo.png');
  }
  return await fetch(`${url}/v1.0/removebg`, { method: 'POST', body, headers });
}

/** Sends parameters as JSON. */
export async function postJson(
  { url }: Pick<TinyServer, 'url'>,
  values: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(`${url}/v1.0/removebg`, {
    method: 'POST',
    body: JSON.stringify(values),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** The one error of an answer, after a look at its form. */
export async function errorOf(
  response: Response,
): Promise<{ status: number; code: string; title: string; detail: string }> {
  const body: unknown = await response.json();
  const [error, ...more] = (body as { errors: { code: string; title: string; detail: string }[] }).errors;
  if (error === undefined || more.length > 0) throw new Error(`Expected one error, got ${JSON.stringify(body)}`);
  return { status: response.status, ...error };
}

/** A picture out of an answer, as raw pixels. */
export async function pixelsOf(response: Response) {
  if (response.status !== 200) throw new Error(`Expected a picture, got ${response.status} ${await response.text()}`);
  return await rawPixels(Buffer.from(await response.arrayBuffer()));
}

export async function rawPixels(file: Uint8Array) {
  const picture = sharp(file, { ignoreIcc: true });
  const { channels } = await picture.metadata();
  // Left alone, the library makes three channels of one.
  if (channels === 1) picture.toColourspace('b-w');
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** What an answer's headers say of the subject. */
export function foregroundOf({ headers }: Response): { left: number; top: number; width: number; height: number } {
  const read = (name: string) => Number(headers.get(`x-foreground-${name}`));
  return { left: read('left'), top: read('top'), width: read('width'), height: read('height') };
}

/** A web server of some files, on a free port. */
export async function startWeb(files: Readonly<Record<string, Buffer>>) {
  const host = createServer((request, response) => {
    const file = files[request.url ?? ''];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(host.address() as AddressInfo).port}`, close: () => host.close() };
}
