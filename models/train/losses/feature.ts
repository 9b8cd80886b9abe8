import type { Dims } from '../../onnx/shape-rules.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeWriter } from '../node-writer.ts';
import type { LossTerm } from './loss-term.ts';

/** Mean squared difference of a value inside the network from what it should be, e.g. from the parent's own output of that block. */
export function feature(
  write: NodeWriter,
  { value, target, dims, weight }: { value: string; target: string; dims: Dims; weight: number },
): LossTerm {
  const difference = write.op('Sub', [value, target]);
  const mean = write.op('ReduceMean', [write.op('Mul', [difference, difference])], { keepdims: 0 });
  return {
    loss: write.op('Mul', [mean, write.scalar(weight)]),
    seed: {
      value,
      gradient: write.op('Mul', [difference, write.scalar((2 * weight) / elementCount(dims))]),
    },
  };
}
