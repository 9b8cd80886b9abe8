import { requiredInput } from '../../onnx/graph.ts';
import type { OpRule } from './op-rule.ts';

/** Works on each channel by itself and knows no channel count: activations, pooling, Identity. */
export const passThrough: OpRule = {
  trace: (node, tracer) => tracer.set(node.outputs[0], tracer.channelsOf(requiredInput(node, 0))),
};
