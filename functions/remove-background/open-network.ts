import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelManifest } from '../contract/manifest.ts';
import { LazyNetwork } from '../imaging/lazy-network.ts';
import { Segmenter } from '../imaging/segment.ts';

interface OpenOptions {
  readonly threads: number;
}

/** Opens the network of a folder that holds `model.onnx` and `manifest.json`. @throws What is wrong with either file. */
export async function openNetwork(folder: string, options: OpenOptions): Promise<Segmenter> {
  return await Segmenter.open(join(folder, 'model.onnx'), await readManifest(folder), options);
}

/** The same at its first photo: its memory is only taken where a photo needs it. @param folder None: null. */
export async function openNetworkLazily(folder: string | undefined, options: OpenOptions): Promise<LazyNetwork | null> {
  if (folder === undefined) return null;
  return new LazyNetwork(await readManifest(folder), () => openNetwork(folder, options));
}

async function readManifest(folder: string): Promise<ModelManifest> {
  return ModelManifest.parse(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')));
}
