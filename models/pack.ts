import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelManifest } from '#functions/contract/manifest.ts';
import { digestOf } from './checksum.ts';
import { ModelError } from './errors.ts';
import { encodeModel } from './onnx/codec.ts';
import { costOf } from './onnx/cost.ts';
import { type Graph, onlyInput } from './onnx/graph.ts';
import { inputSize } from './onnx/resize-input.ts';

/** What a manifest cannot find out from the graph itself. */
export type ModelFacts = Pick<ModelManifest, 'id' | 'family' | 'licence' | 'origin' | 'recipe' | 'scores'> & {
  readonly input: Pick<ModelManifest['input'], 'scale' | 'mean' | 'std'>;
};

/** A model's folder and what it says of itself. */
export interface PackedModel {
  readonly folder: string;
  readonly manifest: ModelManifest;
}

/** Writes `folder/model.onnx` and `folder/manifest.json`, both or neither, replacing what was there. */
export async function packModel(graph: Graph, facts: ModelFacts, folder: string): Promise<PackedModel> {
  const bytes = encodeModel(graph);
  const { scale, mean, std } = facts.input;
  const manifest = ModelManifest.parse({
    ...facts,
    input: { name: onlyInput(graph).name, ...inputSize(graph), scale, mean, std },
    output: { name: graph.outputs[0]?.name },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...costOf(graph),
    bytes: bytes.length,
  });

  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    await writeFile(join(draft, 'model.onnx'), bytes);
    await writeFile(join(draft, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await replaceFolder(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return { folder, manifest };
}

/** Reads a packed model's manifest and checks that the file beside it is the one it speaks of. @throws {ModelError} */
export async function readPackedModel(folder: string): Promise<PackedModel> {
  const file = join(folder, 'manifest.json');
  const manifest = ModelManifest.safeParse(await readJson(file));
  if (!manifest.success) {
    const wrong = manifest.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new ModelError('bad_package', `Expected a model manifest in ${file}, got ${wrong}`);
  }
  const model = join(folder, 'model.onnx');
  const found = await digestOf(model).catch((cause: unknown) => {
    throw new ModelError('unreadable_file', `Expected a model in ${model}, got none that can be read`, { cause });
  });
  if (found !== manifest.data.sha256) {
    throw new ModelError('checksum_mismatch', `Expected sha256 ${manifest.data.sha256} for ${model}, got ${found}`);
  }
  return { folder, manifest: manifest.data };
}

/** Whether a folder holds a packed model at all, sound or not. */
export async function isPackedModel(folder: string): Promise<boolean> {
  return stat(join(folder, 'manifest.json')).then(
    () => true,
    () => false,
  );
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new ModelError('bad_package', `Expected a model manifest in ${file}, got none that can be read`, { cause });
  }
}

/** A folder that isn't empty cannot be renamed over, so the old one steps aside first. */
async function replaceFolder(draft: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const old = `${folder}.${randomUUID()}`;
  await rename(folder, old).catch(() => {});
  await rename(draft, folder);
  await rm(old, { recursive: true, force: true });
}
