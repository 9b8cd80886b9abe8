import { attributes } from '../../onnx/attributes.ts';
import { describe, type GraphNode, requiredInput } from '../../onnx/graph.ts';
import { slicedIndices } from '../../onnx/known-values.ts';
import { sliceParameters } from '../../onnx/shape-rules.ts';
import { int64Tensor, type Tensor } from '../../onnx/tensor.ts';
import { PruneError } from '../errors.ts';
import { type Cutting, countStaying, type OpRule } from './op-rule.ts';

/** Along the channels a part of the list goes on; its bounds move when channels before or inside it go. */
export const slice: OpRule = {
  trace: (node, tracer) => {
    const input = tracer.channelsOf(requiredInput(node, 0));
    const kept = channelIndices(node, (name) => tracer.constant(name), input.length);
    tracer.set(node.outputs[0], kept === undefined ? input : kept.flatMap((index) => input[index] ?? []));
  },
  cut: (node, cutting) => {
    const stays = cutting.stays(requiredInput(node, 0));
    const kept = channelIndices(node, cutting.constant, stays.length);
    if (kept === undefined) return node;
    const [first = 0] = kept;
    const start = countStaying(stays.slice(0, first));
    const end = start + countStaying(stays.slice(first, first + kept.length));
    return withBounds(node, { start, end }, cutting);
  },
};

/** The channels a Slice keeps, or undefined when it cuts other axes only. */
function channelIndices(
  node: GraphNode,
  constant: (name: string | undefined) => Tensor | undefined,
  channels: number,
): number[] | undefined {
  const { starts, ends, axes, steps } = sliceParameters(node, (index) => constant(node.inputs[index]), 4);
  const at = axes.indexOf(1);
  if (at < 0) return undefined;
  if (axes.length > 1 || steps[at] !== 1) {
    throw new PruneError(
      'unsupported_operator',
      `Expected ${describe(node)} to take a run of channels alone, got axes [${axes}] with steps [${steps}]`,
    );
  }
  return slicedIndices(channels, starts[at] ?? 0, ends[at] ?? channels, 1);
}

function withBounds(
  node: GraphNode,
  { start, end }: { start: number; end: number },
  { add, opset }: Cutting,
): GraphNode {
  if (opset < 10) {
    const bounds = attributes({ starts: [start], ends: [end], axes: [1] });
    return { ...node, attributes: new Map([...node.attributes, ...bounds]) };
  }
  const input = (suffix: string, value: number): string => add(`${node.outputs[0]}.${suffix}`, int64Tensor([value]));
  return { ...node, inputs: [requiredInput(node, 0), input('start', start), input('end', end), input('axis', 1)] };
}
