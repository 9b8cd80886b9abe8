import { describe, type Graph, type GraphNode } from '../onnx/graph.ts';
import { type Inference, shapeOf } from '../onnx/infer-shapes.ts';
import { BACKWARD_RULES } from './backward-rules/registry.ts';
import { TrainError } from './errors.ts';
import type { NodeWriter } from './node-writer.ts';

/** Where a gradient starts: that of the loss with respect to a value inside the network. */
export interface Seed {
  readonly value: string;
  readonly gradient: string;
}

export interface BackwardOptions {
  readonly inference: Inference;
  readonly seeds: readonly Seed[];
  /** The constants and values whose gradients are wanted. */
  readonly wanted: ReadonlySet<string>;
}

/**
 * Writes the nodes that carry gradients from the loss back to what is wanted: weights, or values inside the network.
 *
 * @param graph In running order, its weights still among the constants. @returns The gradient's name for each that the loss depends on.
 * @throws {TrainError} `no_backward_rule` naming the node.
 */
export function writeBackward(
  write: NodeWriter,
  graph: Graph,
  { inference, seeds, wanted }: BackwardOptions,
): Map<string, string> {
  const dependent = dependentValues(graph, wanted);
  const parts = new Map<string, string[]>();
  const addPart = (value: string, gradient: string): void => {
    parts.set(value, [...(parts.get(value) ?? []), gradient]);
  };
  for (const { value, gradient } of seeds) addPart(value, gradient);
  const total = (value: string): string | undefined => {
    const terms = parts.get(value) ?? [];
    return terms.length > 1 ? write.op('Sum', terms) : terms[0];
  };

  for (const node of graph.nodes.toReversed()) {
    if (!dependent.has(node.outputs[0] ?? '')) continue;
    const gradient = total(node.outputs[0] ?? '');
    if (gradient === undefined) continue;
    const needs = (index: number): boolean => dependent.has(node.inputs[index] ?? '');
    const shape = (value: string): readonly number[] => shapeOf(inference, value);
    const gradients = ruleFor(node)({ node, write, gradient, shape, needs });
    for (const [index, input] of node.inputs.entries()) {
      const part = gradients[index];
      if (part !== undefined && needs(index)) addPart(input, part);
    }
  }
  const found = [...wanted].map((value) => [value, total(value)] as const);
  return new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** What is wanted and every value that depends on it. */
function dependentValues(graph: Graph, wanted: ReadonlySet<string>): Set<string> {
  const dependent = new Set(wanted);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => dependent.has(input))) for (const output of node.outputs) dependent.add(output);
  }
  return dependent;
}

function ruleFor(node: GraphNode) {
  const rule = BACKWARD_RULES[node.op];
  if (rule !== undefined) return rule;
  const advice = node.op === 'BatchNormalization' ? ': fold it into the convolution before it first' : '';
  throw new TrainError(
    'no_backward_rule',
    `Expected ${Object.keys(BACKWARD_RULES).join(', ')} between the weights and the loss, got ${describe(node)}${advice}`,
  );
}
