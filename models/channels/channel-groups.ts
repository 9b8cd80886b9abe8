import { type Graph, type GraphNode, inRunningOrder } from '../onnx/graph.ts';
import { type Inference, inferShapes } from '../onnx/infer-shapes.ts';
import { ruleFor } from './op-rules/registry.ts';
import { type ChannelAxis, type Channels, Tracer } from './tracer.ts';

/** Channels that the same nodes make. Each of them can be cut by itself, but from all of these nodes at once. */
export interface ChannelGroup {
  /** Of the first node that makes it, which is enough to tell groups apart. */
  readonly name: string;
  /** The channels in the first maker's order. */
  readonly channels: Channels;
  readonly makers: readonly GraphNode[];
  readonly readers: readonly GraphNode[];
  /** Whether the network's input or output is made of these channels: then none can go. */
  readonly isFixed: boolean;
}

/** What must be cut together in a graph. Channels are numbers; the same number stands for the same channel everywhere. */
export interface ChannelGroups {
  readonly groups: readonly ChannelGroup[];
  /** Which axes of which constants the channels run along. */
  readonly axes: readonly ChannelAxis[];
  /** Channels of every value that a photo flows through. */
  readonly values: ReadonlyMap<string, Channels>;
}

/**
 * Finds which channels of a simplified graph must be cut together.
 *
 * @throws {PruneError} `unsupported_operator` with the operator and the node when one of them has no rule.
 */
export function groupChannels(graph: Graph, inference: Inference = inferShapes(graph)): ChannelGroups {
  const tracer = new Tracer(graph, inference);
  for (const { name } of graph.inputs) {
    const channels = tracer.create(tracer.shapeOf(name)[1] ?? 1);
    tracer.set(name, channels);
    tracer.fix(channels);
  }
  for (const node of inRunningOrder(graph).nodes) ruleFor(node).trace(node, tracer);
  for (const { name } of graph.outputs) tracer.fix(tracer.channelsOf(name));

  const axes = tracer.axes.map((axis) => ({ ...axis, channels: axis.channels.map((c) => tracer.resolve(c)) }));
  return { groups: collectGroups(axes, tracer.fixedChannels()), axes, values: tracer.valueChannels() };
}

function collectGroups(axes: readonly ChannelAxis[], fixed: ReadonlySet<number>): ChannelGroup[] {
  const makers = nodesOf(axes, 'makes');
  const readers = nodesOf(axes, 'reads');
  const groups = new Map<string, { channels: number[]; makers: Set<GraphNode>; isFixed: boolean }>();
  const names = new Map<GraphNode, number>();
  for (const [channel, nodes] of makers) {
    const isFixed = fixed.has(channel);
    const key = `${[...nodes].map((node) => indexOf(names, node)).join('+')}${isFixed ? ' fixed' : ''}`;
    const group = groups.get(key) ?? { channels: [], makers: nodes, isFixed };
    group.channels.push(channel);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ channels, makers: nodes, isFixed }) => {
    const [first] = nodes;
    return {
      name: first?.name || first?.outputs[0] || '',
      channels,
      makers: [...nodes],
      readers: [...new Set(channels.flatMap((channel) => [...(readers.get(channel) ?? [])]))],
      isFixed,
    };
  });
}

/** For every channel, the nodes that play this role for it, in running order. */
function nodesOf(axes: readonly ChannelAxis[], role: ChannelAxis['role']): Map<number, Set<GraphNode>> {
  const nodes = new Map<number, Set<GraphNode>>();
  for (const axis of axes) {
    if (axis.role !== role) continue;
    for (const channel of axis.channels) nodes.set(channel, (nodes.get(channel) ?? new Set()).add(axis.node));
  }
  return nodes;
}

function indexOf(names: Map<GraphNode, number>, node: GraphNode): number {
  const index = names.get(node) ?? names.size;
  names.set(node, index);
  return index;
}
