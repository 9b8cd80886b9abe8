import type { BackwardRule } from './backward-rule.ts';

/** Passes the gradient where the output is above zero. As a product with 0 and 1, which onnxruntime runs faster than Where. */
export const relu: BackwardRule = ({ node, write, gradient }) => {
  const isOpen = write.op('Greater', [node.outputs[0] ?? '', write.scalar(0)]);
  return [write.op('Mul', [write.op('Cast', [isOpen], { to: 1 }), gradient])];
};
