import { OnnxError } from '../../onnx/errors.ts';
import { describe, type GraphNode } from '../../onnx/graph.ts';
import type { Channels, Tracer } from '../tracer.ts';
import type { OpRule } from './op-rule.ts';

/**
 * Add, Mul and their like tie their inputs channel by channel. A constant `[1, C, 1, 1]` follows its partner; a value of
 * one channel is spread over all of the other's, and cannot be cut.
 */
export const broadcast: OpRule = {
  trace: (node, tracer) => {
    const lists = node.inputs.flatMap((input) => tracer.find(input) ?? []).length > 0 ? photoInputs(node, tracer) : [];
    const widest = lists.reduce<Channels>((wide, list) => (list.length > wide.length ? list : wide), []);
    for (const list of lists) {
      if (list.length === widest.length) tracer.tie(widest, list);
      else tracer.fix(list);
    }
    const rank = Math.max(...node.inputs.map((input) => tracer.shapeOf(input).length));
    for (const input of node.inputs) followConstant(node, input, { tracer, widest, rank });
    tracer.set(node.outputs[0], widest);
  },
};

function photoInputs(node: GraphNode, tracer: Tracer): Channels[] {
  return node.inputs.map((input) => tracer.find(input)).filter((list) => list !== undefined);
}

function followConstant(
  node: GraphNode,
  input: string,
  { tracer, widest, rank }: { tracer: Tracer; widest: Channels; rank: number },
): void {
  const constant = tracer.constant(input);
  if (constant === undefined) return;
  const axis = 1 - (rank - constant.dims.length);
  const size = axis < 0 ? 1 : (constant.dims[axis] ?? 1);
  if (size === widest.length && size > 1) tracer.follow(node, input, axis, widest, 'follows');
  else if (size !== 1) {
    throw new OnnxError(
      'bad_shape',
      `Expected 1 or ${widest.length} channels for ${describe(node)}, got [${constant.dims}]`,
    );
  }
}
