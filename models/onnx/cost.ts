import { intAttribute } from './attributes.ts';
import type { Graph, GraphNode } from './graph.ts';
import { type Inference, inferShapes, shapeOf } from './infer-shapes.ts';
import { elementCount } from './tensor.ts';

/** What a network weighs and what one run of it costs. */
export interface Cost {
  /** Numbers in the weights, biases and normalizations. */
  readonly parameters: number;
  /** Multiply-accumulates of one run at the graph's input size. */
  readonly macs: number;
}

/** Inputs of an operator that hold what was trained, by position. */
const trainedInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  BatchNormalization: [1, 2, 3, 4],
  PRelu: [1],
  DequantizeLinear: [0],
};

/** Counts a graph's parameters and multiply-accumulates. The input's size must be fixed. */
export function costOf(graph: Graph, inference: Inference = inferShapes(graph)): Cost {
  const trained = new Set(
    graph.nodes.flatMap((node) => (trainedInputs[node.op] ?? []).map((index) => node.inputs[index] ?? '')),
  );
  const parameters = [...trained].reduce((sum, name) => {
    const tensor = inference.known.get(name);
    return sum + (tensor === undefined ? 0 : elementCount(tensor.dims));
  }, 0);
  return { parameters, macs: graph.nodes.reduce((sum, node) => sum + macsOf(node, inference), 0) };
}

/** What is left of a network, e.g. `36.1 % of the parameters and 44.7 % of the MACs`. */
export function shareOf(part: Graph, whole: Graph): string {
  const [left, all] = [costOf(part), costOf(whole)];
  const percent = (some: number, total: number): string => `${((100 * some) / total).toFixed(1)} %`;
  return `${percent(left.parameters, all.parameters)} of the parameters and ${percent(left.macs, all.macs)} of the MACs`;
}

/** Multiply-accumulates of one node; 0 for what is not a convolution or a matrix product. */
export function macsOf(node: GraphNode, inference: Inference): number {
  const output = node.outputs[0] ?? '';
  const dims = (index: number): readonly number[] => shapeOf(inference, node.inputs[index] ?? '');
  switch (node.op) {
    case 'Conv':
      return elementCount(shapeOf(inference, output)) * elementCount(dims(1).slice(1));
    case 'ConvTranspose':
      return elementCount(dims(0)) * elementCount(dims(1).slice(1));
    case 'MatMul':
      return elementCount(shapeOf(inference, output)) * (dims(0).at(-1) ?? 1);
    case 'Gemm':
      return elementCount(shapeOf(inference, output)) * (dims(0)[intAttribute(node, 'transA', 0) === 1 ? 0 : 1] ?? 1);
    default:
      return 0;
  }
}
