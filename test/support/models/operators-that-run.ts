import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { decodeModel, encodeModel } from '#models/onnx/codec.ts';
import type { Graph } from '#models/onnx/graph.ts';

/** The operators that onnxruntime makes of a network when it loads it, sorted. The folder is for a file of its own. */
export async function operatorsThatRun(graph: Graph, folder: string): Promise<string[]> {
  const file = join(folder, 'optimized.onnx');
  const session = await InferenceSession.create(encodeModel(graph), {
    graphOptimizationLevel: 'extended',
    optimizedModelFilePath: file,
    logSeverityLevel: 3,
  });
  await session.release();
  return decodeModel(await readFile(file), file)
    .nodes.map(({ op }) => op)
    .sort();
}
