import { intsAttribute } from '../../onnx/attributes.ts';
import { describe } from '../../onnx/graph.ts';
import { TrainError } from '../errors.ts';
import type { BackwardRule } from './backward-rule.ts';

/**
 * Puts each gradient back where its maximum was, by the indices that the forward pass gives as a second output.
 *
 * Not by comparing the input with its maximum, which would be a little faster: in the flat background of a packshot a
 * whole window is equal, and each of its pixels would get the full gradient.
 */
export const maxPool: BackwardRule = ({ node, write, gradient, shape }) => {
  const [input = ''] = node.inputs;
  const indices = node.outputs[1];
  const kernel = intsAttribute(node, 'kernel_shape') ?? [];
  const strides = intsAttribute(node, 'strides') ?? kernel.map(() => 1);
  if (indices === undefined || kernel.some((size, axis) => size > (strides[axis] ?? 1))) {
    throw new TrainError(
      'no_backward_rule',
      `Expected windows that do not overlap for ${describe(node)}, got kernel [${kernel}] with strides [${strides}]`,
    );
  }
  const [, , ...pooled] = shape(node.outputs[0] ?? '');
  const [, , ...size] = shape(input);
  // A window over the rim (ceil mode) makes MaxUnpool expect a larger result, unless padding there says otherwise.
  const over = kernel.map((cells, axis) =>
    Math.max(0, ((pooled[axis] ?? 1) - 1) * (strides[axis] ?? 1) + cells - (size[axis] ?? 1)),
  );
  const pads = [...kernel.map(() => 0), ...over];
  const attributes = { kernel_shape: kernel, strides, pads };
  return [write.op('MaxUnpool', [gradient, indices, write.integers(shape(input))], attributes)];
};
