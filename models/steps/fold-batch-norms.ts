import { floatAttribute } from '../onnx/attributes.ts';
import { OnnxError } from '../onnx/errors.ts';
import { consumers, describe, type Graph, type GraphNode, producers, requiredInput } from '../onnx/graph.ts';
import { float32Tensor, floatsOf } from '../onnx/tensor.ts';

/** What filters are called once a BatchNormalization is merged into them. */
export const foldedName = (filters: string): string => `${filters}_folded`;

/**
 * Merges each BatchNormalization into the Conv before it: `w' = w g / sqrt(v + e)`, `b' = (b - m) g / sqrt(v + e) + beta`.
 * One whose input is not a Conv, or a Conv that others read too, stays.
 */
export function foldBatchNorms(graph: Graph): Graph {
  const makers = producers(graph);
  const readers = consumers(graph);
  const constants = new Map(graph.constants);
  const folded = new Map<GraphNode, GraphNode>();
  const gone = new Set<GraphNode>();

  for (const node of graph.nodes) {
    if (node.op !== 'BatchNormalization') continue;
    const input = requiredInput(node, 0);
    const conv = makers.get(input);
    if (conv?.op !== 'Conv' || readers.get(input)?.length !== 1) continue;
    if (graph.outputs.some(({ name }) => name === input)) continue;
    const names = [foldedName(requiredInput(conv, 1)), `${node.outputs[0]}_bias`] as const;
    const { weight, bias } = mergedWeights(graph, conv, node);
    constants.set(names[0], weight);
    constants.set(names[1], bias);
    folded.set(conv, { ...conv, inputs: [conv.inputs[0] ?? '', ...names], outputs: node.outputs.slice(0, 1) });
    gone.add(node);
  }

  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => folded.get(node) ?? node);
  return { ...graph, nodes, constants };
}

function mergedWeights(graph: Graph, conv: GraphNode, norm: GraphNode) {
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((index) => constantFloats(graph, norm, index));
  const weight = graph.constants.get(requiredInput(conv, 1));
  if (weight === undefined || !gamma || !beta || !mean || !variance) throw notConstant(conv);
  const bias = conv.inputs[2] ? constantFloats(graph, conv, 2) : undefined;
  const epsilon = floatAttribute(norm, 'epsilon', 1e-5);
  const factor = gamma.map((g, channel) => g / Math.sqrt((variance[channel] ?? 0) + epsilon));
  const perChannel = weight.data.length / factor.length;
  return {
    weight: float32Tensor(
      weight.dims,
      floatsOf(weight, describe(conv)).map((w, i) => w * (factor[Math.floor(i / perChannel)] ?? 0)),
    ),
    bias: float32Tensor(
      [factor.length],
      factor.map((f, channel) => ((bias?.[channel] ?? 0) - (mean[channel] ?? 0)) * f + (beta[channel] ?? 0)),
    ),
  };
}

function constantFloats(graph: Graph, node: GraphNode, index: number): Float32Array {
  const tensor = graph.constants.get(requiredInput(node, index));
  if (tensor === undefined) throw notConstant(node);
  return floatsOf(tensor, describe(node));
}

function notConstant(node: GraphNode): OnnxError {
  return new OnnxError('bad_graph', `Expected constant weights for ${describe(node)}, got ones that are computed`);
}
