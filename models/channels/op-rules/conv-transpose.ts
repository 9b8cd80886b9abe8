import { intAttribute } from '../../onnx/attributes.ts';
import { requiredInput } from '../../onnx/graph.ts';
import { tieGroups } from './conv.ts';
import type { OpRule } from './op-rule.ts';

/** Weight `[in, out / group, kH, kW]`, the other way round than Conv's; bias `[out]`. */
export const convTranspose: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    const weight = requiredInput(node, 1);
    const group = intAttribute(node, 'group', 1);
    const made = tracer.create((tracer.shapeOf(weight)[1] ?? 0) * group);
    tieGroups(tracer, input, group);
    tieGroups(tracer, made, group);
    tracer.follow(node, weight, 0, input, 'reads');
    tracer.follow(node, weight, 1, made.slice(0, made.length / group), 'makes');
    tracer.follow(node, node.inputs[2], 0, made, 'follows');
    tracer.set(node.outputs[0], made);
  },
};
