import { requiredInput } from '../../onnx/graph.ts';
import type { OpRule } from './op-rule.ts';

/** Passes channels on; its slopes `[C, 1, 1]` follow where there is one a channel. */
export const prelu: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    const slope = tracer.constant(node.inputs[1]);
    const axis = (slope?.dims.length ?? 0) - 3;
    if (slope?.dims[axis] === input.length && input.length > 1)
      tracer.follow(node, node.inputs[1], axis, input, 'follows');
    tracer.set(node.outputs[0], input);
  },
};
