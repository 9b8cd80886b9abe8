import type { Attribute } from './attributes.ts';
import { OnnxError } from './errors.ts';
import type { ModelProto, NodeProto, ValueInfoProto } from './generated/onnx_pb.js';
import type { ElementType, Tensor } from './tensor.ts';

/** One operation. An input of '' is an optional one that was left out. */
export interface GraphNode {
  readonly name: string;
  /** Operator type, e.g. `Conv`; with its domain in front where that is not ONNX's own, e.g. `com.microsoft.FusedConv`. */
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** What the file said of the node beyond this. */
  readonly wire?: NodeProto;
}

/** What a graph takes or gives. */
export interface GraphValue {
  readonly name: string;
  readonly type: ElementType;
  /** Numbers, or names for what may vary; undefined where the file doesn't say. */
  readonly dims: readonly (number | string)[] | undefined;
  readonly wire?: ValueInfoProto;
}

/**
 * A network: nodes connected by value names, in the file's order until {@link inRunningOrder} sorts them. Never changed in place: each step of the workshop
 * returns a new graph that shares what it left alone.
 */
export interface Graph {
  readonly name: string;
  /** Version of ONNX's own operator set. */
  readonly opset: number;
  /** Without the constants that older files list here too. */
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly GraphNode[];
  /** The weights by value name ("initializers"). */
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Shapes the file states for values inside; a step that changes shapes empties it. */
  readonly hints: readonly ValueInfoProto[];
  /** What the file said beyond this: producer, metadata, fields unknown to the schema. */
  readonly wire?: ModelProto;
}

/** Which node makes each value. Graph inputs and constants have none. */
export function producers(graph: Graph): Map<string, GraphNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}

/** Which nodes read each value, in running order. */
export function consumers(graph: Graph): Map<string, GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      if (input !== '') readers.set(input, [...(readers.get(input) ?? []), node]);
    }
  }
  return readers;
}

/** Drops the nodes and constants that no output needs. */
export function withoutUnused(graph: Graph): Graph {
  const makers = producers(graph);
  const needed = new Set<string>();
  const open = graph.outputs.map((output) => output.name);
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (needed.has(value) || value === '') continue;
    needed.add(value);
    open.push(...(makers.get(value)?.inputs ?? []));
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => node.outputs.some((output) => needed.has(output))),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
    hints: graph.hints.filter((hint) => needed.has(hint.name)),
  };
}

/** Sorts the nodes so that each comes after those it reads from; the file's order where that leaves a choice. */
export function inRunningOrder(graph: Graph): Graph {
  const makers = producers(graph);
  const state = new Map<GraphNode, 'open' | 'done'>();
  const nodes: GraphNode[] = [];
  // An own stack, because a network can be deeper than the call stack is.
  for (const root of graph.nodes) {
    const stack = [root];
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      const waitsFor = node.inputs.map((input) => makers.get(input)).filter((maker) => maker !== undefined);
      const next = state.has(node) ? undefined : waitsFor.filter((maker) => state.get(maker) !== 'done');
      if (next !== undefined && next.length > 0) {
        if (next.some((maker) => state.get(maker) === 'open')) {
          throw new OnnxError('bad_graph', `Expected a graph without cycles, got one through ${describe(node)}`);
        }
        state.set(node, 'open');
        stack.push(...next.reverse());
        continue;
      }
      stack.pop();
      if (state.get(node) !== 'done') nodes.push(node);
      state.set(node, 'done');
    }
  }
  return { ...graph, nodes };
}

/** The graph's only input. @throws {OnnxError} when it has several or none. */
export function onlyInput(graph: Graph): GraphValue {
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0) {
    throw new OnnxError('bad_graph', `Expected one input for the network, got ${graph.inputs.length}`);
  }
  return input;
}

/** A node's input that must be there. @throws {OnnxError} naming the node. */
export function requiredInput(node: GraphNode, index: number): string {
  const name = node.inputs[index];
  if (name === undefined || name === '') {
    throw new OnnxError('bad_graph', `Expected an input ${index} for ${describe(node)}, got none`);
  }
  return name;
}

/** A node's output that must be there. @throws {OnnxError} naming the node. */
export function requiredOutput(node: GraphNode, index = 0): string {
  const name = node.outputs[index];
  if (name === undefined || name === '') {
    throw new OnnxError('bad_graph', `Expected an output ${index} for ${describe(node)}, got none`);
  }
  return name;
}

/** A node as messages name it: `Conv /stage1/rebnconvin/conv_s1/Conv`. Nameless nodes go by their first output. */
export function describe(node: GraphNode): string {
  return `${node.op} ${node.name || node.outputs[0] || '(nameless)'}`;
}
