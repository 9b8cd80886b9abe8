import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelManifest } from '#functions/contract/manifest.ts';
import { ensureModel, type FetchOptions } from '#models/fetch.ts';
import { LayerError } from './errors.ts';
import { DIST_FOLDER, modelPlace } from './places.ts';
import { type LayerSize, writeTree } from './write-tree.ts';

export interface ModelLayerOptions extends FetchOptions {
  /** @default layers/dist */
  readonly out?: string;
}

/** A model as the workers load it. */
export interface ModelLayer {
  /** `<out>/opt/models/<id>`, holding model.onnx and manifest.json. */
  readonly folder: string;
  readonly manifest: ModelManifest;
  readonly size: LayerSize;
}

/**
 * Packs a model, fetching it where it isn't here yet, as `<out>/opt/models/<id>/{model.onnx,manifest.json}`: the same bytes
 * however often and wherever it is packed.
 *
 * @param idOrFolder A model out of the catalogue, a committed one, or the folder one was packed in.
 * @throws {ModelError} when there is no such model; {LayerError} `checksum_mismatch` when its file is not the manifest's.
 */
export async function packModelLayer(
  idOrFolder: string,
  { out = DIST_FOLDER, ...fetching }: ModelLayerOptions = {},
): Promise<ModelLayer> {
  const { folder: source, manifest } = await ensureModel(idOrFolder, fetching);
  const model = await readFile(join(source, 'model.onnx'));
  const found = createHash('sha256').update(model).digest('hex');
  if (found !== manifest.sha256) {
    throw new LayerError(
      'checksum_mismatch',
      `Expected sha256 ${manifest.sha256} for ${join(source, 'model.onnx')}, got ${found}: it changed just now. Pack it again.`,
    );
  }

  const folder = join(out, modelPlace(manifest.id));
  const size = await writeTree(folder, [
    { path: 'model.onnx', source: model },
    { path: 'manifest.json', source: new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`) },
  ]);
  return { folder, manifest, size };
}
