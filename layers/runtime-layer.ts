import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type LockedPackage, lockedPackages } from './locked-packages.ts';
import { type PackageSources, versionIn, withPackage } from './package-files.ts';
import { type Architecture, DIST_FOLDER, runtimePlace } from './places.ts';
import { type LayerFile, type LayerSize, writeTree } from './write-tree.ts';

export interface RuntimeLayerOptions extends PackageSources {
  /** @default layers/dist */
  readonly out?: string;
}

/** The modules with machine code, for one kind of processor. */
export interface RuntimeLayer {
  /** `<out>/runtime/<architecture>`, holding nodejs/node_modules. */
  readonly folder: string;
  readonly packages: readonly LockedPackage[];
  readonly size: LayerSize;
}

/**
 * Packs onnxruntime-node, sharp and what they load, for Linux and one kind of processor, as
 * `<out>/runtime/<architecture>/nodejs/node_modules`. Versions and content are package-lock.json's.
 *
 * @throws {LayerError} when a package is neither installed nor to be had from npm, or isn't the one that was pinned.
 */
export async function packRuntimeLayer(
  architecture: Architecture,
  { out = DIST_FOLDER, ...sources }: RuntimeLayerOptions = {},
): Promise<RuntimeLayer> {
  const packages = lockedPackages(await readLockFile(sources.project), architecture);
  const files: LayerFile[] = [];
  for (const locked of packages) {
    await withPackage(
      locked,
      async (folder) => files.push(...(await runtimeFiles(locked, folder, architecture))),
      sources,
    );
  }
  const folder = join(out, runtimePlace(architecture));
  return { folder, packages, size: await writeTree(folder, files) };
}

/** Whether `<dist>/runtime/<architecture>` holds each package at the version that package-lock.json pins now. */
export async function isRuntimePacked(
  architecture: Architecture,
  { out = DIST_FOLDER, project }: RuntimeLayerOptions = {},
): Promise<boolean> {
  const folder = join(out, runtimePlace(architecture), 'nodejs');
  for (const { path, version } of lockedPackages(await readLockFile(project), architecture)) {
    if ((await versionIn(join(folder, path))) !== version) return false;
  }
  return true;
}

async function readLockFile(project = '.'): Promise<string> {
  return await readFile(join(project, 'package-lock.json'), 'utf8');
}

/** Files are read at once because a fetched package's folder does not stay. */
async function runtimeFiles(
  { name, path }: LockedPackage,
  folder: string,
  architecture: Architecture,
): Promise<LayerFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const inside = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  const wanted = inside.filter((file) => isLoadedAtRunTime(name, file, architecture));
  return await Promise.all(
    wanted.map(async (file) => ({ path: `nodejs/${path}/${file}`, source: await readFile(join(folder, file)) })),
  );
}

/** Code, machine code, and the licences that must travel with them; no types, maps, sources or install scripts. */
const KEPT = /(\.[cm]?js|\.json|\.node|\.so(\.\d+)*|(^|\/)(licen[cs]e|notice)[^/]*)$/i;
const NOT_LOADED = /^(script|install|src|node_modules)\//;

function isLoadedAtRunTime(name: string, file: string, architecture: Architecture): boolean {
  if (name.startsWith('@img/sharp-libvips-') && file === 'README.md') return true; // names the bundled libraries' licences
  if (name === 'onnxruntime-node' && file.startsWith('bin/')) {
    return new RegExp(`/linux/${architecture === 'x86_64' ? 'x64' : architecture}/`).test(file);
  }
  return KEPT.test(file) && !NOT_LOADED.test(file);
}
