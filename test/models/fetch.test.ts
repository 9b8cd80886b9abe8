import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create as createTarball } from 'tar';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { cacheFolder } from '#models/cache-folder.ts';
import { CATALOGUE, type CatalogueEntry } from '#models/catalogue.ts';
import { ensureModel, fetchEntry, fetchModel } from '#models/fetch.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import { packModel, readPackedModel } from '#models/pack.ts';
import type { RunCommand } from '#models/run-command.ts';
import { network } from '#test/support/models/network.ts';

let folder: string;
let cache: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cutline-fetch-'));
  cache = join(folder, 'cache');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function modelBytes(): Uint8Array {
  const net = network({ height: 64 });
  return encodeModel(net.graph([net.sigmoid(net.conv(net.relu(net.conv(net.input, 4)), 1)), 'Relu_1']));
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function entryFor(bytes: Uint8Array, sources: CatalogueEntry['sources']): CatalogueEntry {
  return {
    id: 'tiny',
    family: 'isnet',
    licence: 'MIT',
    origin: 'a test',
    file: 'tiny.onnx',
    checksum: { sha256: sha256(bytes) },
    input: { width: 64, height: 64, scale: 'one', mean: [128, 128, 128], std: [256, 256, 256] },
    sources,
  };
}

const npmSource = {
  kind: 'npm-chunks',
  package: 'some-package',
  version: '1.2.3',
  index: 'dist/resources.json',
  entry: '/models/tiny',
} as const;

/** Stands in for `npm pack`: leaves the tarball of a package that carries the bytes in two pieces. */
function fakeNpm(bytes: Uint8Array, calls: string[][] = []): RunCommand {
  return async (program, args, cwd) => {
    calls.push([program, ...args]);
    const dist = join(cwd, 'made', 'package', 'dist');
    await mkdir(dist, { recursive: true });
    const pieces = [bytes.subarray(0, 500), bytes.subarray(500)];
    for (const piece of pieces) await writeFile(join(dist, sha256(piece)), piece);
    const index = { '/models/tiny': { chunks: pieces.map((piece) => ({ hash: sha256(piece) })) } };
    await writeFile(join(dist, 'resources.json'), JSON.stringify(index));
    await createTarball({ gzip: true, file: join(cwd, 'some-package-1.2.3.tgz'), cwd: join(cwd, 'made') }, ['package']);
  };
}

test('joins the pieces of an npm package, checks them and packs a simplified model with a true manifest', async () => {
  const bytes = modelBytes();
  const calls: string[][] = [];

  const { folder: packed, manifest } = await fetchEntry(entryFor(bytes, [npmSource]), {
    cache,
    run: fakeNpm(bytes, calls),
  });

  expect(calls).toEqual([['npm', 'pack', 'some-package@1.2.3', '--silent', '--ignore-scripts']]);
  expect(packed).toBe(join(cache, 'models', 'tiny'));
  const model = await readFile(join(packed, 'model.onnx'));
  expect(manifest).toMatchObject({ bytes: model.length, sha256: sha256(model), output: { name: 'Sigmoid_3' } });
  expect(manifest.parameters).toBe(4 * 3 * 9 + 4 + 4 * 9 + 1);
  expect(ModelManifest.parse(JSON.parse(await readFile(join(packed, 'manifest.json'), 'utf8')))).toEqual(manifest);
});

test('leaves nothing but the source and the model in the cache', async () => {
  const bytes = modelBytes();

  await fetchEntry(entryFor(bytes, [npmSource]), { cache, run: fakeNpm(bytes) });

  expect(await readdir(join(cache, 'sources'))).toEqual(['tiny.onnx']);
  expect(await readdir(join(cache, 'models'))).toEqual(['tiny']);
});

test('uses again what the cache has, and fetches again what is damaged there', async () => {
  const bytes = modelBytes();
  const entry = entryFor(bytes, [npmSource]);
  const calls: string[][] = [];
  const run = fakeNpm(bytes, calls);
  const first = await fetchEntry(entry, { cache, run });

  await fetchEntry(entry, { cache, run });
  await writeFile(join(first.folder, 'model.onnx'), 'damaged');
  await writeFile(join(cache, 'sources', 'tiny.onnx'), 'damaged');
  const repaired = await fetchEntry(entry, { cache, run });

  expect(calls).toHaveLength(2);
  expect(repaired.manifest).toEqual(first.manifest);
  await expect(readPackedModel(first.folder)).resolves.toMatchObject({ manifest: first.manifest });
});

test('takes a file that is here already', async () => {
  const bytes = modelBytes();
  await writeFile(join(folder, 'mine.onnx'), bytes);

  const { manifest } = await fetchEntry(entryFor(bytes, [npmSource]), { cache, from: join(folder, 'mine.onnx') });

  expect(manifest.id).toBe('tiny');
});

test('refuses a file with another checksum, naming both', async () => {
  const bytes = modelBytes();
  await writeFile(join(folder, 'other.onnx'), 'something else');

  const fetching = fetchEntry(entryFor(bytes, [npmSource]), { cache, from: join(folder, 'other.onnx') });

  await expect(fetching).rejects.toMatchObject({ code: 'checksum_mismatch' });
  await expect(fetching).rejects.toThrow(sha256(bytes));
  await expect(fetching).rejects.toThrow(sha256(new TextEncoder().encode('something else')));
});

test('lists every source it tried with the reason, and keeps nothing half done', async () => {
  const bytes = modelBytes();
  const wheel = { kind: 'wheel', package: 'a-wheel', version: '1.0', python: '3.11', member: 'a.onnx' } as const;
  const run: RunCommand = async (program) => {
    throw new Error(`${program} is not here`);
  };

  const fetching = fetchEntry(entryFor(bytes, [npmSource, wheel]), { cache, run });

  await expect(fetching).rejects.toMatchObject({ code: 'no_source' });
  await expect(fetching).rejects.toThrow(
    /some-package@1\.2\.3: npm is not here; .*a-wheel==1\.0: python3 is not here.*--from/,
  );
  expect(await readdir(join(cache, 'sources'))).toEqual([]);
});

test('goes on to the next source when one gives the wrong bytes', async () => {
  const bytes = modelBytes();
  const wheel = { kind: 'wheel', package: 'a-wheel', version: '1.0', python: '3.11', member: 'models/a.onnx' } as const;
  const run: RunCommand = async (program, args, cwd) => {
    if (program === 'npm') return fakeNpm(Uint8Array.from([...bytes, 0]))(program, args, cwd);
    if (args.includes('download')) return writeFile(join(cwd, 'a_wheel-1.0.whl'), '');
    await mkdir(join(cwd, 'wheel', 'models'), { recursive: true });
    await writeFile(join(cwd, 'wheel', 'models', 'a.onnx'), bytes);
  };

  const { manifest } = await fetchEntry(entryFor(bytes, [npmSource, wheel]), { cache, run });

  expect(manifest.id).toBe('tiny');
});

test('a folder with a packed model is a model', async () => {
  const bytes = modelBytes();
  const packed = await fetchEntry(entryFor(bytes, [npmSource]), { cache, run: fakeNpm(bytes) });

  await expect(ensureModel(packed.folder)).resolves.toEqual(packed);
});

test("a manifest states its own graph's size, whatever it was made from", async () => {
  const net = network({ height: 64 });
  const graph = net.graph([net.sigmoid(net.conv(net.input, 1))]);
  const large = { name: 'other', width: 1024, height: 1024, scale: 'one', mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const input = { ...large, mean: [...large.mean], std: [...large.std] } as ModelManifest['input'];
  const facts = { id: 'tiny', family: 'isnet', licence: 'MIT', origin: 'a test', recipe: {}, scores: {} } as const;

  const { manifest } = await packModel(graph, { ...facts, input }, join(folder, 'packed'));

  expect(manifest.input).toMatchObject({ name: 'input', width: 64, height: 64 });
});

test('names the models there are when asked for another', async () => {
  await expect(fetchModel('nope', { cache })).rejects.toThrow(/isnet.*u2net.*got nope/);
});

test('every catalogue entry pins a checksum and a licence, under its own id', () => {
  expect(CATALOGUE.map(({ id }) => id)).toEqual(['isnet', 'u2net', 'u2netp', 'silueta', 'isnet-general-use']);
  for (const { sources, input } of CATALOGUE) {
    expect(sources.length).toBeGreaterThan(0);
    expect(input.width % 32).toBe(0);
  }
});

test('the cache folder follows CUTLINE_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
  expect(cacheFolder({ CUTLINE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'cutline'));
  expect(cacheFolder({})).toMatch(/\.cache.cutline$/);
});
