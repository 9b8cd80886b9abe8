import { attributes, intAttribute } from '../../onnx/attributes.ts';
import { type GraphNode, requiredInput } from '../../onnx/graph.ts';
import { int64Tensor } from '../../onnx/tensor.ts';
import type { Tracer } from '../tracer.ts';
import { countStaying, type OpRule } from './op-rule.ts';

/** Along the channels each output gets its part of the list; the parts' sizes are written anew after a cut. */
export const split: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    const isAlongChannels = alongChannels(node, tracer);
    let start = 0;
    for (const output of node.outputs) {
      const size = tracer.shapeOf(output)[1] ?? 0;
      tracer.set(output, isAlongChannels ? input.slice(start, start + size) : input);
      start += size;
    }
  },
  cut: (node, { stays, add, opset }) => {
    const parts = node.outputs.map((output) => countStaying(stays(output)));
    const isAlongChannels = parts.reduce((a, b) => a + b, 0) === countStaying(stays(requiredInput(node, 0)));
    if (!isAlongChannels) return node;
    if (opset < 13) return { ...node, attributes: new Map([...node.attributes, ...attributes({ split: parts })]) };
    const sizes = add(`${node.outputs[0]}.sizes`, int64Tensor(parts));
    const rest = new Map([...node.attributes].filter(([name]) => name !== 'num_outputs'));
    return { ...node, inputs: [requiredInput(node, 0), sizes], attributes: rest };
  },
};

function alongChannels(node: GraphNode, tracer: Tracer): boolean {
  const rank = tracer.shapeOf(requiredInput(node, 0)).length;
  const axis = intAttribute(node, 'axis', 0);
  return axis === 1 || axis === 1 - rank;
}
