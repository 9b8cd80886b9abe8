import { mkdir, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openFolderPlace } from '#cdk/studio/server/folder-place.ts';
import { localRunner } from '#cdk/studio/server/run-photos.ts';
import { type RunningStudio, type StudioOptions, startStudio } from '#cdk/studio/server/start-studio.ts';
import { BUILT_IN_PRESETS } from '#functions/contract/built-in-presets.ts';
import { readPackedModel } from '#models/pack.ts';
import { temporaryFolder } from './folders.ts';
import { writeTinyModel } from './tiny-model.ts';

/** A studio over folders of a test, with the tiny network, gone when the test ends. */
export interface TestStudio extends RunningStudio {
  readonly dst: string;
  readonly photos: string;
}

export interface TestStudioOptions extends Partial<Pick<StudioOptions, 'maxBytes'>> {
  /** Photos by their key. */
  readonly photos?: Readonly<Record<string, Uint8Array>>;
  /** Files below the results. */
  readonly results?: Readonly<Record<string, string | Uint8Array>>;
}

export async function openTestStudio(options: TestStudioOptions = {}): Promise<TestStudio> {
  const root = temporaryFolder();
  const [photos, dst] = [join(root, 'photos'), join(root, 'cutouts')];
  await writeAll(photos, options.photos ?? {});
  await writeAll(dst, options.results ?? {});
  const model = await readPackedModel(await writeTinyModel(join(root, 'tiny')));
  const run = localRunner({ presets: BUILT_IN_PRESETS, model, workers: 1 });
  const studio = await startStudio({
    store: await openFolderPlace({ dst, photos, run }),
    run,
    presets: BUILT_IN_PRESETS,
    defaults: { model: 'tiny', presets: ['transparent'], edges: null },
    model,
    ...options,
  });
  onTestFinished(async () => await studio.close());
  return { ...studio, dst, photos };
}

async function writeAll(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON, or null. */
  readonly json: unknown;
}

export interface Ask {
  readonly method?: string;
  /** Added to, or in the place of, what the studio's own page would send. Undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Uint8Array | undefined;
  /** As JSON. */
  readonly json?: unknown;
}

/** Asks a studio as its page does, over a bare connection, so that a test can send what no browser would. */
export async function ask(studio: RunningStudio, path: string, options: Ask = {}): Promise<Answer> {
  const { json, method = json === undefined ? 'GET' : 'POST' } = options;
  const body = json === undefined ? options.body : JSON.stringify(json);
  const { port } = new URL(studio.origin);
  const own: Record<string, string | undefined> = {
    host: `127.0.0.1:${port}`,
    origin: method === 'GET' ? undefined : studio.origin,
    cookie: `cutline-studio-${port}=${studio.token}`,
    'content-type': json === undefined ? undefined : 'application/json',
    ...options.headers,
  };
  const headers = Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const received = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: received, json: parse(received) });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
