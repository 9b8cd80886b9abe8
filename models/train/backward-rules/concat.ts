import { intAttribute } from '../../onnx/attributes.ts';
import type { BackwardRule } from './backward-rule.ts';

/** Cuts the gradient where the inputs were joined. */
export const concat: BackwardRule = ({ node, write, gradient, shape, needs }) => {
  const rank = shape(node.outputs[0] ?? '').length;
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 ? given + rank : given;
  const sizes = node.inputs.map((input) => shape(input)[axis] ?? 0);
  if (node.inputs.length === 1) return [gradient];
  const parts = write.split('Split', [gradient, write.integers(sizes)], {
    count: sizes.length,
    attributes: { axis },
  });
  return parts.map((part, index) => (needs(index) ? part : undefined));
};
