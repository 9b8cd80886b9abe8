import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../errors.ts';
import { ensureModel } from '../fetch.ts';
import { decodeModel } from '../onnx/codec.ts';
import { costOf } from '../onnx/cost.ts';
import type { Graph, GraphValue } from '../onnx/graph.ts';
import { describeSize } from './fetch.ts';
import { startProgress } from './progress-line.ts';

/** Prints what a model takes, gives, weighs and is made of. Takes a file, a packed folder or a catalogue id. */
export async function inspectModel(target: string): Promise<void> {
  const file = await modelFile(target);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ModelError('unreadable_file', `Expected a model file, got ${file}, which cannot be read`, { cause });
  });
  const graph = decodeModel(bytes, file);
  console.log(file);
  console.log(`  ${describeSize({ ...costOf(graph), bytes: bytes.length })}, opset ${graph.opset}`);
  for (const input of graph.inputs) console.log(`  takes ${describeValue(input)}`);
  for (const output of graph.outputs) console.log(`  gives ${describeValue(output)}`);
  console.log(`  ${graph.nodes.length} nodes: ${countOperators(graph)}`);
}

/** The file behind what the user named: that file, a packed folder's, or a model's that is fetched if need be. */
export async function modelFile(target: string): Promise<string> {
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

function describeValue({ name, type, dims }: GraphValue): string {
  return `${name}: ${type} [${dims?.join(', ') ?? 'any shape'}]`;
}

function countOperators(graph: Graph): string {
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([op, count]) => `${count} ${op}`)
    .join(', ');
}
