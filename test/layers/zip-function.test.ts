import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { PhotoRecord } from '#functions/contract/record.ts';
import { type BundledFile, bundleHandler } from '#functions/remove-background/bundle.ts';
import { MALLOC_SETTINGS } from '#functions/remove-background/malloc.ts';
import { SMALL_YOUNG_HEAP } from '#functions/remove-background/young-heap.ts';
import { packModelLayer } from '#layers/model-layer.ts';
import { packRuntimeLayer } from '#layers/runtime-layer.ts';
import { plainPhoto } from '#test/support/drawn-photo.ts';
import { temporaryFolder } from '#test/support/folders.ts';
import { sqsEvent, sqsRecord } from '#test/support/lambda-events.ts';
import { tinyModel, writeTinyModel } from '#test/support/tiny-model.ts';

const architecture = process.arch === 'x64' ? 'x86_64' : 'arm64';

/** As on Lambda: the handler in one folder, the layers' modules found by NODE_PATH, the model below /opt. */
interface UnpackedFunction {
  readonly task: string;
  readonly opt: string;
  readonly env: Readonly<Record<string, string>>;
}

async function unpackFunction(): Promise<UnpackedFunction> {
  const [task, opt] = [temporaryFolder(), temporaryFolder()];
  for (const { path, source } of await bundleHandler()) writeFileSync(join(task, path), source);
  const runtime = await packRuntimeLayer(architecture, { out: opt });
  const model = await packModelLayer(await writeTinyModel(join(temporaryFolder(), 'tiny')), { out: opt });
  const env = { NODE_PATH: join(runtime.folder, 'nodejs/node_modules'), CUTLINE_MODEL_FOLDER: model.folder };
  return { task, opt, env: { ...env, ...MALLOC_SETTINGS.light, NODE_OPTIONS: SMALL_YOUNG_HEAP } };
}

/** A photo with a black square, `shoes/red.jpg`, and where its cutout is to go. */
async function photoOfSquare() {
  const [photos, cutouts] = [temporaryFolder(), temporaryFolder()];
  const subject = { input: { create: { width: 40, height: 40, channels: 3, background: 'black' } } } as const;
  mkdirSync(join(photos, 'shoes'));
  await plainPhoto(100, 100, 'white').composite([subject]).jpeg().toFile(join(photos, 'shoes/red.jpg'));
  const folders = { CUTLINE_STORE: 'folder', CUTLINE_PHOTOS: photos, CUTLINE_CUTOUTS: cutouts };
  return { cutouts, folders, job: { bucket: 'photos', key: 'shoes/red.jpg' } };
}

function readRecord(cutouts: string): PhotoRecord {
  return PhotoRecord.parse(JSON.parse(readFileSync(join(cutouts, 'records/shoes/red.jpg.json'), 'utf8')));
}

/** Calls the function once, in a process of its own. @returns What it logged of the photo, and its answer. */
async function invoke({ task, env }: Omit<UnpackedFunction, 'opt'>, job: object, settings: Record<string, string>) {
  const script = `
    const { handler } = await import(${JSON.stringify(join(task, 'index.mjs'))});
    const event = ${JSON.stringify(sqsEvent(sqsRecord('1', job)))};
    console.log(JSON.stringify(await handler(event, { getRemainingTimeInMillis: () => 60_000 })));`;
  const program = ['--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: task, env: { ...env, ...settings } });
  const [line = '', answer = ''] = stdout.trim().split('\n');
  return { line: JSON.parse(line), answer: JSON.parse(answer) };
}

test('cuts out a photo with nothing but the bundle and the two layers', async () => {
  const { cutouts, folders, job } = await photoOfSquare();

  const { line, answer } = await invoke(await unpackFunction(), job, folders);

  expect(answer).toEqual({ batchItemFailures: [] });
  expect(line).toMatchObject({ message: 'photo', outcome: 'done', verdict: 'ok' });
  expect(readRecord(cutouts).status).toBe('done');
  const alpha = await sharp(join(cutouts, 'cutouts/shoes/red.png')).extractChannel('alpha').raw().toBuffer();
  expect([alpha[50 * 100 + 50], alpha[5 * 100 + 5]]).toEqual([255, 0]);
});

test('looks at a doubtful photo with a second model out of the same layer', async () => {
  const { cutouts, folders, job } = await photoOfSquare();
  const unpacked = await unpackFunction();
  const second = await writeTinyModel(join(temporaryFolder(), 'second'));
  writeFileSync(join(second, 'manifest.json'), JSON.stringify({ ...tinyModel().manifest, id: 'second' }));
  const { folder } = await packModelLayer(second, { out: unpacked.opt });
  const doubts = { CUTLINE_ESCALATE_FOLDER: folder, CUTLINE_REVIEW_BELOW: '1' };

  const { answer } = await invoke(unpacked, job, { ...folders, ...doubts });

  expect(answer).toEqual({ batchItemFailures: [] });
  expect(folder).toBe(join(unpacked.opt, 'opt/models/second'));
  expect(readRecord(cutouts)).toMatchObject({
    status: 'done',
    escalation: { first: { model: { id: 'tiny' } }, second: { model: { id: 'second' } } },
  });
});

test('speaks to S3 out of the bundle', async () => {
  const { endpoint, written } = await emptyS3();
  const credentials = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const settings = { ...credentials, AWS_ENDPOINT_URL: endpoint, CUTLINE_CUTOUTS: 'cutouts' };

  const { line } = await invoke(await unpackFunction(), { bucket: 'photos', key: 'gone.jpg' }, settings);

  expect(line).toMatchObject({ outcome: 'rejected', code: 'source_missing' });
  expect(written).toEqual(['/cutouts/records/gone.jpg.json']);
});

/** An S3 that has nothing and takes everything. */
async function emptyS3(): Promise<{ endpoint: string; written: string[] }> {
  const written: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const isPut = request.method === 'PUT';
      if (isPut) written.push((request.url ?? '').replace(/\?.*/, ''));
      response.writeHead(isPut ? 200 : 404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return { endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, written };
}

test('bundles the same bytes twice', async () => {
  expect(await bundleHandler()).toEqual(await bundleHandler());
});

test('bundles no queue, no command line, and the folder store only for those who ask for it', async () => {
  const files = new Map((await bundleHandler()).map(({ path, source }) => [path, new TextDecoder().decode(source)]));

  const loadedAtStart = staticImports('index.mjs', files);
  expect([...loadedAtStart].filter((path) => files.get(path)?.includes('node:sqlite'))).toEqual([]);
  expect(loadedAtStart.size).toBeGreaterThan(1);
  const everything = [...files.values()].join('');
  for (const foreign of ['fauxqs', 'commander', 'chokidar', 'aws-cdk']) expect(everything).not.toContain(foreign);
});

test('stays small enough to load fast', async () => {
  const bytes = (await bundleHandler()).reduce((sum: number, { source }: BundledFile) => sum + source.length, 0);

  expect(bytes).toBeLessThan(3_000_000);
});

test('gives the image the memory settings of a light network, which its default model is', () => {
  const dockerfile = readFileSync('functions/remove-background/Dockerfile', 'utf8');

  const found = Object.fromEntries(
    [...dockerfile.matchAll(/(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [name, value]),
  );

  expect(found).toEqual(MALLOC_SETTINGS.light);
  expect(dockerfile).toContain(`\nENV NODE_OPTIONS=${SMALL_YOUNG_HEAP}\n`);
});

/** A bundle's file and all it imports before its first line runs. */
function staticImports(path: string, files: ReadonlyMap<string, string>, seen = new Set<string>()): Set<string> {
  seen.add(path);
  const text = files.get(path) ?? '';
  for (const [, next] of text.matchAll(/(?:^|;|\n|})import(?:[^"'()]*from)?["']\.\/([^"']+)["']/g)) {
    if (next !== undefined && !seen.has(next)) staticImports(next, files, seen);
  }
  return seen;
}
