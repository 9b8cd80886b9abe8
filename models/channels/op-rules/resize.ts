import { describe, requiredInput } from '../../onnx/graph.ts';
import { numbersOf } from '../../onnx/tensor.ts';
import { PruneError } from '../errors.ts';
import type { OpRule } from './op-rule.ts';

/** Passes channels on. Must go by scales, as `simplify` leaves it: sizes would state the channel count. */
export const resize: OpRule = {
  trace: (node, tracer) => {
    const scales = tracer.constant(
      node.op === 'Upsample' || node.inputs.length === 2 ? node.inputs[1] : node.inputs[2],
    );
    if (scales === undefined || numbersOf(scales)[1] !== 1) {
      throw new PruneError(
        'unsupported_operator',
        `Expected constant scales that leave channels alone for ${describe(node)}, got none: simplify the network first`,
      );
    }
    tracer.set(node.outputs[0], tracer.channelsOf(requiredInput(node, 0)));
  },
};
