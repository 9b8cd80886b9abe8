import type { GraphNode } from '../../onnx/graph.ts';
import type { Dims } from '../../onnx/shape-rules.ts';
import type { NodeWriter } from '../node-writer.ts';

/** What a backward rule may look at and write with. */
export interface BackwardContext {
  readonly node: GraphNode;
  readonly write: NodeWriter;
  /** The loss's gradient with respect to the node's first output, of that output's shape. */
  readonly gradient: string;
  /** Shape of a value of the network. @throws {OnnxError} when there is no such value. */
  readonly shape: (value: string) => Dims;
  /** Whether anything is trained behind an input, so that its gradient is worth computing. */
  readonly needs: (index: number) => boolean;
}

/** @returns The gradient with respect to each of the node's inputs, undefined where it isn't needed. */
export type BackwardRule = (context: BackwardContext) => readonly (string | undefined)[];
