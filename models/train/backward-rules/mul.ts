import type { BackwardRule } from './backward-rule.ts';
import { summedTo } from './summed-to.ts';

/** Each factor gets the gradient times the other factor, summed over what was broadcast. */
export const mul: BackwardRule = ({ node, write, gradient, shape, needs }) => {
  const from = shape(node.outputs[0] ?? '');
  return node.inputs.map((input, index) => {
    if (!needs(index)) return undefined;
    const other = node.inputs[1 - index] ?? '';
    return summedTo(write, write.op('Mul', [gradient, other]), { from, to: shape(input) });
  });
};
