import type { GraphNode } from '../../onnx/graph.ts';
import type { Tensor } from '../../onnx/tensor.ts';
import type { Tracer } from '../tracer.ts';

/** What a rule may look at and do while channels are cut. */
export interface Cutting {
  /** For each channel a value had, whether it stays. @throws for constants. */
  readonly stays: (value: string) => readonly boolean[];
  readonly constant: (name: string | undefined) => Tensor | undefined;
  /** Adds a constant to the graph. @returns its name. */
  readonly add: (name: string, tensor: Tensor) => string;
  readonly opset: number;
}

/** What an operator means for channels: one a file in this folder. */
export interface OpRule {
  /** Says which channels the node's outputs have, which it ties, and which constants follow. */
  readonly trace: (node: GraphNode, tracer: Tracer) => void;
  /** Changes what the node itself says of channel counts; weights are cut for it. @default nothing */
  readonly cut?: (node: GraphNode, cutting: Cutting) => GraphNode;
}

/** How many channels stay. */
export function countStaying(stays: readonly boolean[]): number {
  return stays.filter(Boolean).length;
}
