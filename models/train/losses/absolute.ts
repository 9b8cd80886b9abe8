import { elementCount } from '../../onnx/tensor.ts';
import { type MaskLoss, weightedMean, weightedSlope } from './loss-term.ts';

/** Mean absolute difference of the mask (L1), which is what the evaluation calls MAE. */
export const absolute: MaskLoss = (write, { mask, target, emphasis, dims }, weight) => {
  const difference = write.op('Sub', [mask, target]);
  return {
    loss: weightedMean(write, write.op('Abs', [difference]), { emphasis, weight }),
    seed: {
      value: mask,
      gradient: weightedSlope(write, write.op('Sign', [difference]), { emphasis, factor: weight / elementCount(dims) }),
    },
  };
};
