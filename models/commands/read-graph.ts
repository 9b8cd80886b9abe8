import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureModel } from '../fetch.ts';
import type { Graph } from '../onnx/graph.ts';
import { readModelFile } from '../read-model-file.ts';
import { startProgress } from './progress-line.ts';

/** Reads what the user named: an ONNX file, a packed folder, or a model out of the catalogue that is fetched if need be. */
export async function readGraph(target: string): Promise<{ file: string; bytes: number; graph: Graph }> {
  const file = await modelFile(target);
  return { file, ...(await readModelFile(file)) };
}

async function modelFile(target: string): Promise<string> {
  const isFile = await stat(target).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) return target;
  const progress = startProgress(target);
  try {
    const { folder } = await ensureModel(target, { onProgress: progress.report });
    return join(folder, 'model.onnx');
  } finally {
    progress.stop();
  }
}
