import { InferenceSession, Tensor } from 'onnxruntime-node';
import { seededRandom } from '#models/math/random.ts';
import { encodeModel } from '#models/onnx/codec.ts';
import { type Graph, onlyInput } from '#models/onnx/graph.ts';

/** Runs a graph through real onnxruntime. @returns Every output by name. */
export async function runGraph(graph: Graph, input: Float32Array): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(encodeModel(graph), { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const results = await session.run({ [onlyInput(graph).name]: new Tensor('float32', input, sizeOfOne(graph)) });
    return Object.fromEntries(Object.entries(results).map(([output, { data }]) => [output, data as Float32Array]));
  } finally {
    await session.release();
  }
}

/** Runs a graph and returns its first output. */
export async function runForMask(graph: Graph, input: Float32Array): Promise<Float32Array> {
  const results = await runGraph(graph, input);
  return results[graph.outputs[0]?.name ?? ''] ?? new Float32Array();
}

/** A noise photo that fits a graph's input. */
export function noiseInput(graph: Graph, seed = 7): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: sizeOfOne(graph).reduce((a, b) => a * b, 1) }, () => random.normal() * 0.5);
}

/** What a graph takes for one photo. */
function sizeOfOne(graph: Graph): number[] {
  return (onlyInput(graph).dims ?? []).map((size) => (typeof size === 'number' ? size : 1));
}

/** The largest difference between two results of the same length; infinite where the lengths differ. */
export function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((largest, value, i) => {
    const difference = Math.abs(value - (b[i] ?? Number.NaN));
    return difference > largest || Number.isNaN(difference) ? difference : largest;
  }, 0);
}
