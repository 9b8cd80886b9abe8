import type { ChannelGroups } from '../channels/channel-groups.ts';
import { PruneError } from '../channels/errors.ts';
import { type Cutting, countStaying } from '../channels/op-rules/op-rule.ts';
import { ruleFor } from '../channels/op-rules/registry.ts';
import { describe, type Graph } from '../onnx/graph.ts';
import { withOutputShapes } from '../onnx/resize-input.ts';
import { elementCount, type Tensor } from '../onnx/tensor.ts';

/**
 * Cuts channels out of a graph: every constant loses the entries of the channels that go, every node that states a
 * channel count states the new one. The result computes what the graph did with those channels unread.
 *
 * @param groups Of this very graph. @param cut Channels to take out.
 * @throws {PruneError} `empty_layer` naming the node that would have no channel left.
 */
export function slice(graph: Graph, groups: ChannelGroups, cut: ReadonlySet<number>): Graph {
  assertNoneEmpty(graph, groups, cut);
  const constants = new Map(graph.constants);
  const done = new Set<string>();
  for (const { constant, axis, channels } of groups.axes) {
    const key = `${constant} ${axis}`;
    const tensor = constants.get(constant);
    if (tensor === undefined || done.has(key)) continue;
    done.add(key);
    const kept = channels.flatMap((channel, index) => (cut.has(channel) ? [] : [index]));
    if (kept.length < channels.length) constants.set(constant, takeAlong(tensor, axis, kept));
  }

  const cutting: Cutting = {
    stays: (value) => (groups.values.get(value) ?? []).map((channel) => !cut.has(channel)),
    constant: (name) => graph.constants.get(name ?? ''),
    add: (name, tensor) => {
      constants.set(name, tensor);
      return name;
    },
    opset: graph.opset,
  };
  const nodes = graph.nodes.map((node) => ruleFor(node).cut?.(node, cutting) ?? node);
  return withOutputShapes({ ...graph, nodes, constants, hints: [] });
}

/** Takes some entries of a tensor along one axis, in the given order. */
export function takeAlong(tensor: Tensor, axis: number, indices: readonly number[]): Tensor {
  const inner = elementCount(tensor.dims.slice(axis + 1));
  const outer = elementCount(tensor.dims.slice(0, axis));
  const size = tensor.dims[axis] ?? 1;
  const dims = tensor.dims.with(axis, indices.length);
  const copy = <Data extends Exclude<Tensor['data'], BigInt64Array>>(data: Data, into: Data): Data => {
    for (let o = 0; o < outer; o++) {
      for (const [position, index] of indices.entries()) {
        const from = (o * size + index) * inner;
        into.set(data.subarray(from, from + inner), (o * indices.length + position) * inner);
      }
    }
    return into;
  };
  const length = elementCount(dims);
  switch (tensor.type) {
    case 'float32':
      return { type: 'float32', dims, data: copy(tensor.data, new Float32Array(length)) };
    default:
      throw new PruneError(
        'unsupported_operator',
        `Expected float32 weights, got ${tensor.type} [${tensor.dims}]: prune before quantizing`,
      );
  }
}

function assertNoneEmpty(graph: Graph, { values }: ChannelGroups, cut: ReadonlySet<number>): void {
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      const channels = values.get(output) ?? [];
      if (channels.length > 0 && countStaying(channels.map((channel) => !cut.has(channel))) === 0) {
        throw new PruneError(
          'empty_layer',
          `Expected at least one channel to stay in ${describe(node)}, got a cut of all ${channels.length}: lower the ratio or raise the floor`,
        );
      }
    }
  }
}
