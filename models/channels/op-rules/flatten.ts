import { intAttribute } from '../../onnx/attributes.ts';
import { describe, requiredInput } from '../../onnx/graph.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { PruneError } from '../errors.ts';
import type { OpRule } from './op-rule.ts';

/** Turns `[N, C, H, W]` into `[N, C * H * W]`: every channel comes H * W times in a row. */
export const flatten: OpRule = {
  trace: (node, tracer) => {
    const input = requiredInput(node, 0);
    if (intAttribute(node, 'axis', 1) !== 1) {
      throw new PruneError('unsupported_operator', `Expected axis 1 for ${describe(node)}, got another`);
    }
    const copies = elementCount(tracer.shapeOf(input).slice(2));
    tracer.set(
      node.outputs[0],
      tracer.channelsOf(input).flatMap((channel) => Array.from({ length: copies }, () => channel)),
    );
  },
};
