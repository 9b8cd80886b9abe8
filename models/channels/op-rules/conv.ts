import { attributes, intAttribute } from '../../onnx/attributes.ts';
import { requiredInput } from '../../onnx/graph.ts';
import type { Channels, Tracer } from '../tracer.ts';
import { countStaying, type OpRule } from './op-rule.ts';

/**
 * Weight `[out, in / group, kH, kW]`, bias `[out]`. A plain Conv makes new channels and reads its input's. A depthwise one
 * passes channels on one to one. A grouped one keeps its groups equal by cutting the same place in each of them.
 */
export const conv: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    const weight = requiredInput(node, 1);
    const [outputs = 0] = tracer.shapeOf(weight);
    const group = intAttribute(node, 'group', 1);
    if (group > 1 && group === input.length && outputs === input.length) {
      tracer.follow(node, weight, 0, input, 'follows');
      tracer.follow(node, node.inputs[2], 0, input, 'follows');
      tracer.set(node.outputs[0], input);
      return;
    }
    const made = tracer.create(outputs);
    tieGroups(tracer, input, group);
    tieGroups(tracer, made, group);
    tracer.follow(node, weight, 0, made, 'makes');
    tracer.follow(node, weight, 1, input.slice(0, input.length / group), 'reads');
    tracer.follow(node, node.inputs[2], 0, made, 'follows');
    tracer.set(node.outputs[0], made);
  },
  cut: (node, { stays, constant }) => {
    const group = intAttribute(node, 'group', 1);
    const input = stays(requiredInput(node, 0));
    const isDepthwise = group > 1 && group === input.length && constant(node.inputs[1])?.dims[0] === group;
    if (!isDepthwise) return node;
    return { ...node, attributes: new Map([...node.attributes, ...attributes({ group: countStaying(input) })]) };
  },
};

/** Ties the same place of every group, so that a cut leaves groups of equal size. */
export function tieGroups(tracer: Tracer, channels: Channels, group: number): void {
  const size = channels.length / group;
  for (let index = 1; index < group; index++) {
    tracer.tie(channels.slice(0, size), channels.slice(index * size, (index + 1) * size));
  }
}
