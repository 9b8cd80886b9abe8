import { intAttribute } from '../../onnx/attributes.ts';
import { describe, requiredInput } from '../../onnx/graph.ts';
import { PruneError } from '../errors.ts';
import type { OpRule } from './op-rule.ts';

/** `x W + b` with x `[N, in]`; W is `[in, out]`, or `[out, in]` with transB. */
export const gemm: OpRule = {
  trace: (node, tracer) => {
    if (intAttribute(node, 'transA', 0) === 1) {
      throw new PruneError('unsupported_operator', `Expected ${describe(node)} to read rows, got transA`);
    }
    const weight = requiredInput(node, 1);
    const isTransposed = intAttribute(node, 'transB', 0) === 1;
    const [inputAxis, outputAxis] = isTransposed ? [1, 0] : [0, 1];
    const made = tracer.create(tracer.shapeOf(weight)[outputAxis] ?? 0);
    tracer.follow(node, weight, outputAxis, made, 'makes');
    tracer.follow(node, weight, inputAxis, tracer.channelsOf(requiredInput(node, 0)), 'reads');
    const bias = tracer.constant(node.inputs[2]);
    if (bias !== undefined && bias.dims.at(-1) === made.length) {
      tracer.follow(node, node.inputs[2], bias.dims.length - 1, made, 'follows');
    }
    tracer.set(node.outputs[0], made);
  },
};
