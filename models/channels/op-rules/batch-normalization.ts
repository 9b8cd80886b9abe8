import { requiredInput } from '../../onnx/graph.ts';
import type { OpRule } from './op-rule.ts';

/** Scale, shift, mean and variance have one entry a channel each. */
export const batchNormalization: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    for (const index of [1, 2, 3, 4]) tracer.follow(node, node.inputs[index], 0, input, 'follows');
    tracer.set(node.outputs[0], input);
  },
};
