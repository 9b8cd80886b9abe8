import { describe, type GraphNode } from '../../onnx/graph.ts';
import { PruneError } from '../errors.ts';
import { batchNormalization } from './batch-normalization.ts';
import { broadcast } from './broadcast.ts';
import { concat } from './concat.ts';
import { conv } from './conv.ts';
import { convTranspose } from './conv-transpose.ts';
import { flatten } from './flatten.ts';
import { gemm } from './gemm.ts';
import type { OpRule } from './op-rule.ts';
import { pad } from './pad.ts';
import { passThrough } from './pass-through.ts';
import { prelu } from './prelu.ts';
import { resize } from './resize.ts';
import { slice } from './slice.ts';
import { split } from './split.ts';

/** Every operator whose channels can be cut. To add one: a file here, a line below, a case in the op-rules test. */
export const OP_RULES: Readonly<Record<string, OpRule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  BatchNormalization: batchNormalization,
  PRelu: prelu,
  Relu: passThrough,
  LeakyRelu: passThrough,
  Clip: passThrough,
  Sigmoid: passThrough,
  HardSigmoid: passThrough,
  HardSwish: passThrough,
  Tanh: passThrough,
  Identity: passThrough,
  Dropout: passThrough,
  MaxPool: passThrough,
  AveragePool: passThrough,
  GlobalAveragePool: passThrough,
  Add: broadcast,
  Sub: broadcast,
  Mul: broadcast,
  Div: broadcast,
  Concat: concat,
  Split: split,
  Slice: slice,
  Resize: resize,
  Upsample: resize,
  Pad: pad,
  Flatten: flatten,
  Gemm: gemm,
};

/** The rule for a node. @throws {PruneError} naming the operator and the node when there is none. */
export function ruleFor(node: GraphNode): OpRule {
  const rule = OP_RULES[node.op];
  if (rule === undefined) {
    const known = Object.keys(OP_RULES).join(', ');
    throw new PruneError(
      'unsupported_operator',
      `Expected an operator whose channels can be followed (${known}), got ${describe(node)}`,
    );
  }
  return rule;
}
