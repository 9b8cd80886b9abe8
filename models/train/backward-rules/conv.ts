import type { BackwardRule } from './backward-rule.ts';
import { convGeometry } from './conv-geometry.ts';
import { inputGradient } from './conv-input.ts';
import { weightGradient } from './conv-weight.ts';

/** Convolution over two axes: strides, dilations, groups and padding as they come. */
export const conv: BackwardRule = ({ node, write, gradient, shape, needs }) => {
  const geometry = convGeometry(node, shape);
  const [input = '', weight = ''] = node.inputs;
  return [
    needs(0) ? inputGradient(write, geometry, { weight, gradient }) : undefined,
    needs(1) ? weightGradient(write, geometry, { input, gradient }) : undefined,
    needs(2) ? write.op('ReduceSum', [gradient, write.integers([0, 2, 3])], { keepdims: 0 }) : undefined,
  ];
};
