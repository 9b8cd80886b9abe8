import { elementCount } from '../../onnx/tensor.ts';
import { type MaskLoss, weightedMean, weightedSlope } from './loss-term.ts';

/**
 * Binary cross-entropy of the mask, from its logits z, which is exact where the Sigmoid has long been flat:
 * `max(z, 0) - z t + log(1 + exp(-|z|))`, whose slope is `sigmoid(z) - t`.
 */
export const crossEntropy: MaskLoss = (write, { mask, logits, target, emphasis, dims }, weight) => {
  const linear = write.op('Sub', [write.op('Relu', [logits]), write.op('Mul', [logits, target])]);
  const decay = write.op('Exp', [write.op('Neg', [write.op('Abs', [logits])])]);
  const error = write.op('Add', [linear, write.op('Log', [write.op('Add', [decay, write.scalar(1)])])]);
  const slope = write.op('Sub', [mask, target]);
  return {
    loss: weightedMean(write, error, { emphasis, weight }),
    seed: {
      value: logits,
      gradient: weightedSlope(write, slope, { emphasis, factor: weight / elementCount(dims) }),
    },
  };
};
