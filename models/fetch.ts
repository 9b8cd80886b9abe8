import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { cacheFolder } from './cache-folder.ts';
import { CATALOGUE, type CatalogueEntry, findEntry, type ModelSource } from './catalogue.ts';
import { assertChecksum } from './checksum.ts';
import { ModelError, reasonOf } from './errors.ts';
import { decodeModel } from './onnx/codec.ts';
import { isPackedModel, type PackedModel, packModel, readPackedModel } from './pack.ts';
import { type RunCommand, runCommand } from './run-command.ts';
import { download, type OnProgress, sourceName } from './sources/download.ts';
import { simplify } from './steps/simplify.ts';
import { TIERS } from './tiers.ts';
import { WEIGHTS_FOLDER } from './weights-folder.ts';

export interface FetchOptions {
  /** A file the user has already: used instead of any source, if its checksum is right. */
  readonly from?: string;
  /** Where a copy of the sources' files lies, tried first: `<mirror>/<file name>`. */
  readonly mirror?: string;
  readonly onProgress?: OnProgress;
  /** @default {@link cacheFolder} */
  readonly cache?: string;
  /** @default a child process */
  readonly run?: RunCommand;
}

/**
 * Finds a model by its id or by the folder it is packed in: committed weights first, then the cache, and fetches it
 * where neither has it. Never called inside a Lambda.
 */
export async function ensureModel(idOrFolder: string, options: FetchOptions = {}): Promise<PackedModel> {
  if (await isPackedModel(idOrFolder)) return readPackedModel(idOrFolder);
  const committed = join(WEIGHTS_FOLDER, idOrFolder);
  if (await isPackedModel(committed)) return readPackedModel(committed);
  const cached = join(options.cache ?? cacheFolder(), 'models', idOrFolder);
  if (findEntry(idOrFolder) === undefined && (await isPackedModel(cached))) return readPackedModel(cached);
  return fetchModel(idOrFolder, options);
}

/**
 * Fetches a catalogue model, checks it, simplifies it and packs it in the cache. What the cache has already is used again.
 *
 * @throws {ModelError} `no_source` listing every source that was tried with its reason; `checksum_mismatch`; `unknown_model`.
 */
export async function fetchModel(id: string, options: FetchOptions = {}): Promise<PackedModel> {
  const entry = findEntry(id);
  if (entry === undefined) {
    const known = CATALOGUE.map((other) => other.id).join(', ');
    throw new ModelError(
      'unknown_model',
      `Expected one of ${TIERS.join(', ')}, a model out of ${known}, or a folder with a manifest.json, got ${id}`,
    );
  }
  return fetchEntry(entry, options);
}

/** Fetches what a catalogue entry describes. */
export async function fetchEntry(entry: CatalogueEntry, options: FetchOptions = {}): Promise<PackedModel> {
  const cache = options.cache ?? cacheFolder();
  const folder = join(cache, 'models', entry.id);
  const cached = await readPackedModel(folder).catch(() => undefined);
  if (cached !== undefined && isOf(cached.manifest, entry)) return cached;

  const source = await fetchSource(entry, cache, options);
  options.onProgress?.({ step: 'simplify' });
  const graph = decodeModel(await readFile(source), entry.file);
  const output = entry.output === undefined ? {} : { output: entry.output };
  const simple = simplify(graph, { ...output, size: entry.input });
  const { id, family, licence, origin, input, checksum } = entry;
  return packModel(
    simple,
    { id, family, licence, origin, input, recipe: { step: 'fetch', source: checksum }, scores: {} },
    folder,
  );
}

/** Whether a cached model was made from the file that the catalogue names now. */
function isOf(manifest: ModelManifest, entry: CatalogueEntry): boolean {
  const { source } = manifest.recipe;
  return JSON.stringify(source) === JSON.stringify(entry.checksum);
}

/** @returns The downloaded file in the cache, checked. */
async function fetchSource(entry: CatalogueEntry, cache: string, options: FetchOptions): Promise<string> {
  const file = join(cache, 'sources', entry.file);
  if (options.from !== undefined) {
    await adopt(options.from, file, entry);
    return file;
  }
  if (await isSound(file, entry)) return file;

  const mirrored: ModelSource[] =
    options.mirror === undefined ? [] : [{ kind: 'https', url: `${options.mirror.replace(/\/$/, '')}/${entry.file}` }];
  const failures: string[] = [];
  for (const source of [...mirrored, ...entry.sources]) {
    try {
      await fetchFrom(source, file, entry, options);
      return file;
    } catch (error) {
      failures.push(`${sourceName(source)}: ${reasonOf(error)}`);
    }
  }
  throw new ModelError(
    'no_source',
    `Expected ${entry.id} from one of its sources, got none (${failures.join('; ')}). Fetch ${entry.file} by other means and pass it with --from FILE`,
  );
}

async function fetchFrom(
  source: ModelSource,
  file: string,
  entry: CatalogueEntry,
  options: FetchOptions,
): Promise<void> {
  const folder = `${file}.${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  try {
    const target = join(folder, 'model.onnx');
    const onProgress = options.onProgress ?? (() => {});
    await download(source, { target, folder, run: options.run ?? runCommand, onProgress });
    onProgress({ step: 'check' });
    await assertChecksum(target, entry.checksum);
    await rename(target, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Takes over a file the user has. */
async function adopt(from: string, file: string, entry: CatalogueEntry): Promise<void> {
  await stat(from).catch((cause: unknown) => {
    throw new ModelError('unreadable_file', `Expected a model file for --from, got ${from}, which cannot be read`, {
      cause,
    });
  });
  await assertChecksum(from, entry.checksum);
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  await copyFile(from, draft);
  await rename(draft, file);
}

async function isSound(file: string, entry: CatalogueEntry): Promise<boolean> {
  return assertChecksum(file, entry.checksum).then(
    () => true,
    () => false,
  );
}
