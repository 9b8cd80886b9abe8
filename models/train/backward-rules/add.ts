import type { BackwardRule } from './backward-rule.ts';
import { summedTo } from './summed-to.ts';

/** Both terms get the gradient, summed over what was broadcast. */
export const add: BackwardRule = ({ node, write, gradient, shape, needs }) => {
  const from = shape(node.outputs[0] ?? '');
  return node.inputs.map((input, index) =>
    needs(index) ? summedTo(write, gradient, { from, to: shape(input) }) : undefined,
  );
};
