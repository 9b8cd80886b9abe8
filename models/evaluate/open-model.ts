import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { ModelError } from '../errors.ts';
import { ensureModel, type FetchOptions } from '../fetch.ts';
import { onlyInput } from '../onnx/graph.ts';
import { resizeInput } from '../onnx/resize-input.ts';
import { type PackedModel, packModel } from '../pack.ts';
import { readModelFile } from '../read-model-file.ts';

/** Models that were opened; bare files among them are packed in a folder that `close` removes. */
export interface OpenModels {
  readonly models: readonly PackedModel[];
  readonly close: () => Promise<void>;
}

/**
 * Opens what a user named: catalogue ids, packed folders, and bare ONNX files, which are fed like the first of them that has
 * a manifest.
 *
 * @throws {ModelError} when only bare files are named, or one does not fit.
 */
export async function openModels(names: readonly string[], options: FetchOptions = {}): Promise<OpenModels> {
  const isBare = await Promise.all(names.map(isFile));
  const packed = new Map<string, PackedModel>();
  for (const [index, name] of names.entries()) if (!isBare[index]) packed.set(name, await ensureModel(name, options));
  const [like] = packed.values();
  const folder = await mkdtemp(join(tmpdir(), 'cutline-models-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const models: PackedModel[] = [];
    for (const [index, name] of names.entries()) {
      models.push(packed.get(name) ?? (await packBare(name, like?.manifest, join(folder, `${index}`))));
    }
    return { models, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function packBare(file: string, like: ModelManifest | undefined, folder: string): Promise<PackedModel> {
  if (like === undefined) {
    throw new ModelError(
      'bad_package',
      `Expected a model that says how ${file} is fed, got none: name its parent with --parent`,
    );
  }
  const { graph, bytes } = await readModelFile(file);
  const isFixed =
    onlyInput(graph)
      .dims?.slice(1)
      .every((size) => typeof size === 'number' && size > 0) === true;
  const { family, licence, origin, input } = like;
  const id =
    basename(file, '.onnx')
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '') || 'model';
  const facts = { id, family, licence, origin, input, recipe: {}, scores: {} };
  const packed = await packModel(isFixed ? graph : resizeInput(graph, input), facts, folder);
  // The file as the user has it: encoding it anew may pack the same weights into fewer bytes.
  return { ...packed, manifest: { ...packed.manifest, bytes } };
}

async function isFile(name: string): Promise<boolean> {
  return stat(name).then(
    (found) => found.isFile(),
    () => false,
  );
}
