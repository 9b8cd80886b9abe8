import { readFile } from 'node:fs/promises';
import { ModelError } from './errors.ts';
import { decodeModel } from './onnx/codec.ts';
import type { Graph } from './onnx/graph.ts';

/** Reads an ONNX file. @throws {ModelError | OnnxError} naming the file. */
export async function readModelFile(file: string): Promise<{ bytes: number; graph: Graph }> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ModelError('unreadable_file', `Expected a model file, got ${file}, which cannot be read`, { cause });
  });
  return { bytes: bytes.length, graph: decodeModel(bytes, file) };
}
