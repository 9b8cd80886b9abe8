import type { Random } from '../math/random.ts';
import type { Feed } from '../network.ts';
import type { Graph, GraphValue } from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import type { Dims } from '../onnx/shape-rules.ts';
import { elementCount } from '../onnx/tensor.ts';
import { writeBackward } from './backward.ts';
import { type NodeWriter, nodeWriter } from './node-writer.ts';
import { trainable } from './training-graph.ts';

/** A network and, behind it, the gradients of its mask with respect to values inside it. */
export interface ValueGradients {
  readonly graph: Graph;
  /** Input: what each pixel of the mask counts, of the mask's shape. The gradients are those of the mask's sum, weighted so. */
  readonly counts: { readonly name: string; readonly dims: Dims };
  /** Outputs: what was made of each value's gradient, by value; none for one that the mask doesn't depend on. */
  readonly results: ReadonlyMap<string, string>;
}

/** Writes what shall become of a value's gradient. @returns The name of the result. */
export type Reduce = (write: NodeWriter, value: string, gradient: string) => string;

/**
 * Puts the backward pass from the mask behind a network, and behind that what shall become of the gradients, which are as large as the
 * values.
 *
 * @param model Simplified, opset 11 or later, its input's size fixed. @throws {TrainError} when an operator has no backward rule.
 */
export function withValueGradients(model: Graph, values: readonly string[], reduce: Reduce): ValueGradients {
  const forward = trainable(model);
  const inference = inferShapes(forward);
  const mask = forward.outputs[0]?.name ?? '';
  const counts = { name: 'mask.counts', dims: shapeOf(inference, mask) };
  const write = nodeWriter('gradients');
  const seeds = [{ value: mask, gradient: counts.name }];
  const gradients = writeBackward(write, forward, { inference, seeds, wanted: new Set(values) });
  const results = new Map([...gradients].map(([value, gradient]) => [value, reduce(write, value, gradient)]));
  const graph = {
    ...forward,
    inputs: [...forward.inputs, { ...counts, type: 'float32' } satisfies GraphValue],
    outputs: [...results.values()].map((name) => ({ name, type: 'float32', dims: undefined }) as const),
    nodes: [...forward.nodes, ...write.nodes],
    constants: new Map([...forward.constants, ...write.constants]),
  };
  return { graph, counts, results };
}

/** Counts whose gradients' squares are, on average, those of the whole mask: a random sign for each pixel. */
export function randomSigns({ dims }: ValueGradients['counts'], random: Random): Feed {
  return { data: Float32Array.from({ length: elementCount(dims) }, () => 1 - 2 * random.integer(2)), dims };
}
