import {
  consumers,
  type Graph,
  type GraphNode,
  inRunningOrder,
  onlyInput,
  producers,
  requiredInput,
  requiredOutput,
} from '../onnx/graph.ts';

/** Layers that may keep float32: the ones that read the photo, and the ones that make logits (no Relu anywhere behind them). */
export type FloatLayers = 'first' | 'logits';

/** Which parts of a network become int8. */
export interface QuantizationPlan {
  /** The network without the Relus that 8 bits make needless: a value whose lowest level is 0 cannot be below it. */
  readonly graph: Graph;
  /** Nodes of `graph` that onnxruntime will run in int8. */
  readonly nodes: ReadonlySet<GraphNode>;
  /** Values that get 256 levels, in running order. */
  readonly values: readonly string[];
  /** Values that must have another one's levels because their maker only moves or averages numbers. */
  readonly sameAs: ReadonlyMap<string, string>;
  /** Values that nothing but Sigmoids read, moved first or not: there, what lies far from 0 makes no difference. */
  readonly beforeSigmoid: ReadonlySet<string>;
}

/** Operators besides Conv that onnxruntime runs on 8-bit numbers on x86 and arm64 alike. */
const MOVING = new Set(['MaxPool', 'Resize']);
const JOINING = new Set(['Concat', 'Add']);

/** Decides which nodes become int8: every convolution but the given ones, and what lies between int8 values only. */
export function planQuantization(graph: Graph, floatLayers: readonly FloatLayers[]): QuantizationPlan {
  const rectified = foldableRelus(graph);
  const plan = planFolded(graph, rectified, floatLayers);
  const quantized = new Set(plan.values);
  const useful = rectified.filter((relu) => quantized.has(requiredOutput(relu)));
  return useful.length === rectified.length ? plan : planFolded(graph, useful, floatLayers);
}

function planFolded(graph: Graph, relus: readonly GraphNode[], floatLayers: readonly FloatLayers[]): QuantizationPlan {
  const folded = withoutRelus(graph, relus);
  const logits = logitFilters(graph);
  const photo = onlyInput(graph).name;
  const stays = (conv: GraphNode): boolean =>
    (floatLayers.includes('first') && conv.inputs[0] === photo) ||
    (floatLayers.includes('logits') && logits.has(requiredInput(conv, 1)));
  const outputs = new Set(folded.outputs.map(({ name }) => name));
  const nodes = new Set<GraphNode>();
  const values = new Set<string>();
  const sameAs = new Map<string, string>();
  const beforeSigmoid = valuesBeforeSigmoid(folded);
  for (const node of folded.nodes) {
    const output = requiredOutput(node);
    const data = node.op === 'Concat' || node.op === 'Add' ? node.inputs : node.inputs.slice(0, 1);
    const isQuantizable =
      node.op === 'Conv'
        ? !stays(node) && folded.constants.get(requiredInput(node, 1))?.type === 'float32'
        : (MOVING.has(node.op) || JOINING.has(node.op)) &&
          !beforeSigmoid.has(output) &&
          data.every((value) => values.has(value));
    if (!isQuantizable || outputs.has(output)) continue;
    nodes.add(node);
    for (const value of [...data, output]) values.add(value);
    if (MOVING.has(node.op)) sameAs.set(output, requiredInput(node, 0));
  }
  return { graph: folded, nodes, values: [...values], sameAs, beforeSigmoid };
}

/** Values whose every reader is a Sigmoid, or moves them to such a value. */
function valuesBeforeSigmoid(graph: Graph): Set<string> {
  const readers = consumers(graph);
  const found = new Set<string>();
  for (const node of [...inRunningOrder(graph).nodes].reverse()) {
    const behind = readers.get(requiredOutput(node)) ?? [];
    const leadsThere = ({ op, outputs }: GraphNode): boolean =>
      op === 'Sigmoid' || (MOVING.has(op) && found.has(outputs[0] ?? ''));
    if (behind.length > 0 && behind.every(leadsThere)) found.add(requiredOutput(node));
  }
  return found;
}

/** Filters of convolutions on whose way to the mask no Relu follows, which make logits. */
function logitFilters(graph: Graph): Set<string> {
  const beforeRelu = new Set<string>();
  for (const { op, inputs, outputs } of [...inRunningOrder(graph).nodes].reverse()) {
    if (op === 'Relu' || outputs.some((value) => beforeRelu.has(value)))
      for (const value of inputs) beforeRelu.add(value);
  }
  const makeLogits = ({ op, outputs }: GraphNode): boolean =>
    op === 'Conv' && !outputs.some((value) => beforeRelu.has(value));
  return new Set(graph.nodes.filter(makeLogits).map((node) => requiredInput(node, 1)));
}

/** Relus behind a convolution whose own output nobody else reads. */
function foldableRelus(graph: Graph): GraphNode[] {
  const makers = producers(graph);
  const readers = consumers(graph);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return graph.nodes.filter((node) => {
    const before = node.inputs[0] ?? '';
    const isBehindConv = node.op === 'Relu' && makers.get(before)?.op === 'Conv';
    return (
      isBehindConv &&
      readers.get(before)?.length === 1 &&
      !node.outputs.concat(before).some((name) => outputs.has(name))
    );
  });
}

/** Lets convolutions make the values that the Relus behind them made. */
function withoutRelus(graph: Graph, relus: readonly GraphNode[]): Graph {
  const gone = new Set(relus);
  const madeInstead = new Map(relus.map((relu) => [relu.inputs[0] ?? '', requiredOutput(relu)]));
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) => ({ ...node, outputs: node.outputs.map((output) => madeInstead.get(output) ?? output) }));
  return inRunningOrder({ ...graph, nodes });
}
