import { OnnxError } from '../onnx/errors.ts';
import { describe, type Graph, type GraphNode, inRunningOrder, requiredInput, withoutUnused } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { type InputSize, inputSize, resizeInput, withOutputShapes } from '../onnx/resize-input.ts';
import { float32Tensor, floatsOf, type Tensor } from '../onnx/tensor.ts';
import { foldBatchNorms } from './fold-batch-norms.ts';

const NO_REGION = 'no_region';

export interface SimplifyOptions {
  /** The output to keep. @default the first, which is the mask in every network of the family */
  readonly output?: string;
  /** New fixed input size. @default the file's own */
  readonly size?: InputSize;
  /** Whether to merge BatchNormalizations into the convolutions before them. @default false */
  readonly foldBatchNorm?: boolean;
}

/**
 * Reduces a network to what a mask needs: one output and the nodes behind it, in running order, float32 throughout,
 * with constants, Casts and shape arithmetic folded away and every Resize going by constant scales.
 *
 * The result computes what the original did (weights that were float16 keep their values, sums are no longer rounded to float16).
 */
export function simplify(graph: Graph, options: SimplifyOptions = {}): Graph {
  const single = inRunningOrder(withOnlyOutput(graph, options.output));
  const inference = inferShapes(single);
  const floating = inFloat32(withKnownValues(single, inference));
  const scaled = withScales(withoutCasts(floating), inference);
  const folded = options.foldBatchNorm === true ? foldBatchNorms(scaled) : scaled;
  const clean = withOutputShapes(withoutUnused({ ...folded, hints: [] }));
  const size = options.size;
  if (size === undefined) return clean;
  const now = inputSize(clean);
  return now.width === size.width && now.height === size.height ? clean : resizeInput(clean, size);
}

function withOnlyOutput(graph: Graph, name: string | undefined): Graph {
  const output = name === undefined ? graph.outputs[0] : graph.outputs.find((value) => value.name === name);
  if (output === undefined) {
    const names = graph.outputs.map((value) => value.name).join(', ');
    throw new OnnxError('bad_graph', `Expected an output called ${name} in the network, got ${names}`);
  }
  return withoutUnused({ ...graph, outputs: [{ name: output.name, type: 'float32', dims: output.dims }] });
}

/** Turns every value that is known beforehand into a constant and drops the nodes that made it. */
function withKnownValues(graph: Graph, { known }: Inference): Graph {
  const nodes = graph.nodes.filter((node) => !node.outputs.every((output) => known.has(output)));
  return withoutUnused({ ...graph, nodes, constants: new Map([...known]) });
}

/** Widens half and double precision constants. */
function inFloat32(graph: Graph): Graph {
  const widen = (name: string, tensor: Tensor): Tensor =>
    tensor.type === 'float16' || tensor.type === 'float64'
      ? { type: 'float32', dims: tensor.dims, data: floatsOf(tensor, name) }
      : tensor;
  return {
    ...graph,
    inputs: graph.inputs.map(({ name, dims }) => ({ name, type: 'float32', dims })),
    constants: new Map([...graph.constants].map(([name, tensor]) => [name, widen(name, tensor)])),
  };
}

/** Takes out Casts and Identities, which say nothing once everything is float32. */
function withoutCasts(graph: Graph): Graph {
  const source = new Map<string, string>();
  const resolve = (name: string): string => source.get(name) ?? name;
  const kept: GraphNode[] = [];
  for (const node of graph.nodes) {
    if (node.op === 'Cast' || node.op === 'Identity' || node.op === 'Dropout') {
      source.set(node.outputs[0] ?? '', resolve(requiredInput(node, 0)));
    } else {
      kept.push({ ...node, inputs: node.inputs.map(resolve) });
    }
  }
  // A network's output keeps its name: the node that really makes it takes the name over.
  const renamed = new Map(graph.outputs.map(({ name }) => [resolve(name), name]));
  const rename = (name: string): string => renamed.get(name) ?? name;
  return {
    ...graph,
    nodes: kept.map((node) => ({ ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) })),
  };
}

/**
 * Makes every Resize go by scales: sizes would fix the input's size and, worse, the number of channels.
 * Where a size is no exact multiple, the scale is the float32 that gives that size back.
 */
function withScales(graph: Graph, inference: Inference): Graph {
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.map((node) => {
    if (node.op !== 'Resize' && node.op !== 'Upsample') return node;
    const before = shapeOf(inference, requiredInput(node, 0));
    const after = shapeOf(inference, node.outputs[0] ?? '');
    const scales = after.map((size, axis) => scaleOf(before[axis] ?? 1, size));
    const name = `scales_${scales.join('x')}`;
    constants.set(name, float32Tensor([scales.length], Float32Array.from(scales)));
    constants.set(NO_REGION, float32Tensor([0], new Float32Array()));
    return resizeByScales(node, graph.opset, name);
  });
  return withoutUnused({ ...graph, nodes, constants });
}

function scaleOf(before: number, after: number): number {
  const scale = Math.fround(after / before);
  if (Math.floor(before * scale) === after) return scale;
  return Math.fround(scale * (1 + 2 ** -22));
}

function resizeByScales(node: GraphNode, opset: number, scales: string): GraphNode {
  const input = requiredInput(node, 0);
  if (opset < 10) return { ...node, inputs: [input, scales] };
  // The region of interest became optional with opset 13; only a cropping Resize reads it.
  if (node.op === 'Resize')
    return { ...node, inputs: opset === 10 ? [input, scales] : [input, opset < 13 ? NO_REGION : '', scales] };
  throw new OnnxError(
    'unsupported_operator',
    `Expected Resize instead of Upsample at opset ${opset}, got ${describe(node)}`,
  );
}
