import type { Dims } from '../../onnx/shape-rules.ts';
import type { Seed } from '../backward.ts';
import type { NodeWriter } from '../node-writer.ts';

/** One term of the loss as nodes: its value, and its own gradient, from which the backward pass starts. */
export interface LossTerm {
  /** A scalar. */
  readonly loss: string;
  readonly seed: Seed;
}

/** What a loss on masks reads: values `[N, 1, H, W]`, all of one shape. */
export interface MaskValues {
  /** The network's mask, 0..1. */
  readonly mask: string;
  /** The mask before its Sigmoid. */
  readonly logits: string;
  /** The mask to come near to, 0..1. */
  readonly target: string;
  /** How much each pixel counts, 1 on average. */
  readonly emphasis: string;
  readonly dims: Dims;
}

/** @param weight How much the term counts. */
export type MaskLoss = (write: NodeWriter, values: MaskValues, weight: number) => LossTerm;

/** `weight * mean(emphasis * error)` */
export function weightedMean(
  write: NodeWriter,
  error: string,
  { emphasis, weight }: { emphasis: string; weight: number },
): string {
  const mean = write.op('ReduceMean', [write.op('Mul', [error, emphasis])], { keepdims: 0 });
  return write.op('Mul', [mean, write.scalar(weight)]);
}

/** `factor * emphasis * slope`: the gradient of {@link weightedMean}, `factor` being the weight over the pixels. */
export function weightedSlope(
  write: NodeWriter,
  slope: string,
  { emphasis, factor }: { emphasis: string; factor: number },
): string {
  return write.op('Mul', [write.op('Mul', [slope, emphasis]), write.scalar(factor)]);
}
