import type { BackwardRule } from './backward-rule.ts';

/** `dx = dy y (1 - y)` */
export const sigmoid: BackwardRule = ({ node, write, gradient }) => {
  const y = node.outputs[0] ?? '';
  const slope = write.op('Mul', [y, write.op('Sub', [write.scalar(1), y])]);
  return [write.op('Mul', [gradient, slope])];
};
