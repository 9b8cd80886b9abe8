import { add } from './add.ts';
import type { BackwardRule } from './backward-rule.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { maxPool } from './max-pool.ts';
import { mul } from './mul.ts';
import { relu } from './relu.ts';
import { resize } from './resize.ts';
import { sigmoid } from './sigmoid.ts';

/** How a gradient passes back through each operator of the U2-Net family, BatchNormalization being folded away before. */
export const BACKWARD_RULES: Readonly<Record<string, BackwardRule>> = {
  Add: add,
  Concat: concat,
  Conv: conv,
  MaxPool: maxPool,
  Mul: mul,
  Relu: relu,
  Resize: resize,
  Sigmoid: sigmoid,
};
