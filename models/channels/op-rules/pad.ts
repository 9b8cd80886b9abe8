import { intsAttribute } from '../../onnx/attributes.ts';
import { describe, requiredInput } from '../../onnx/graph.ts';
import { numbersOf } from '../../onnx/tensor.ts';
import { PruneError } from '../errors.ts';
import type { OpRule } from './op-rule.ts';

/** Passes channels on, as long as it pads height and width only. */
export const pad: OpRule = {
  trace: (node, tracer) => {
    const tensor = tracer.constant(node.inputs[1]);
    const pads = tensor === undefined ? intsAttribute(node, 'pads') : numbersOf(tensor);
    if (pads === undefined || pads[1] !== 0 || pads[1 + pads.length / 2] !== 0) {
      throw new PruneError('unsupported_operator', `Expected ${describe(node)} to pad no channels, got pads [${pads}]`);
    }
    tracer.set(node.outputs[0], tracer.channelsOf(requiredInput(node, 0)));
  },
};
