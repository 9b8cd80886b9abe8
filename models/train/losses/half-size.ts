import type { Dims } from '../../onnx/shape-rules.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { NodeWriter } from '../node-writer.ts';
import { type LossTerm, type MaskLoss, weightedMean, weightedSlope } from './loss-term.ts';

/** Keeps the logarithms finite. */
const SMALLEST_PROBABILITY = 1e-4;

const halving = { kernel_shape: [2, 2], strides: [2, 2] };

/** Mean absolute difference of masks of half the size: what the mask covers rather than where exactly its edge runs. */
export const halfSizeAbsolute: MaskLoss = (write, values, weight) => {
  const half = halves(write, values);
  const difference = write.op('Sub', [half.mask, half.target]);
  const slope = write.op('Sign', [difference]);
  return fromHalf(write, half, { error: write.op('Abs', [difference]), slope, weight, mask: values.mask });
};

/** Binary cross-entropy of masks of half the size, which are means of four probabilities and so have no logits. */
export const halfSizeCrossEntropy: MaskLoss = (write, values, weight) => {
  const half = halves(write, values);
  const bounds = [write.scalar(SMALLEST_PROBABILITY), write.scalar(1 - SMALLEST_PROBABILITY)];
  const p = write.op('Clip', [half.mask, ...bounds]);
  const q = write.op('Sub', [write.scalar(1), p]);
  const hit = write.op('Mul', [half.target, write.op('Log', [p])]);
  const miss = write.op('Mul', [write.op('Sub', [write.scalar(1), half.target]), write.op('Log', [q])]);
  const error = write.op('Neg', [write.op('Add', [hit, miss])]);
  const slope = write.op('Div', [write.op('Sub', [p, half.target]), write.op('Mul', [p, q])]);
  return fromHalf(write, half, { error, slope, weight, mask: values.mask });
};

interface Halves {
  readonly mask: string;
  readonly target: string;
  readonly emphasis: string;
  /** Of the full size. */
  readonly dims: Dims;
}

function halves(
  write: NodeWriter,
  { mask, target, emphasis, dims }: { mask: string; target: string; emphasis: string; dims: Dims },
): Halves {
  const half = (value: string): string => write.op('AveragePool', [value], halving);
  return { mask: half(mask), target: half(target), emphasis: half(emphasis), dims };
}

/** Spreads each half-size pixel's slope over the four pixels it is the mean of; an odd last row or column has none. */
function fromHalf(
  write: NodeWriter,
  { emphasis, dims }: Halves,
  { error, slope, weight, mask }: { error: string; slope: string; weight: number; mask: string },
): LossTerm {
  const [batch = 1, channels = 1, height = 1, width = 1] = dims;
  const small = [batch, channels, height >> 1, width >> 1];
  const factor = weight / elementCount(small) / 4;
  const scales = write.floats('twice', () => ({ dims: [4], data: Float32Array.of(1, 1, 2, 2) }));
  const spread = write.op('Resize', [weightedSlope(write, slope, { emphasis, factor }), '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
  const isOdd = height % 2 === 1 || width % 2 === 1;
  const gradient = isOdd
    ? write.op('Pad', [spread, write.integers([0, 0, 0, 0, 0, 0, height % 2, width % 2])])
    : spread;
  return { loss: weightedMean(write, error, { emphasis, weight }), seed: { value: mask, gradient } };
}
