import type { ChannelGroups } from '../channels/channel-groups.ts';
import type { Channels } from '../channels/tracer.ts';
import { macsOf } from '../onnx/cost.ts';
import type { Graph, GraphNode } from '../onnx/graph.ts';
import { inferShapes } from '../onnx/infer-shapes.ts';
import { elementCount } from '../onnx/tensor.ts';

/** What a network's cost is counted in. */
export type CostUnit = 'parameters' | 'macs' | 'time';

/** A node that costs `unit` for every pair of a channel it reads and one it makes. */
interface CostlyNode {
  readonly reads: Channels;
  readonly makes: Channels;
  readonly unit: number;
}

/** How a network's cost depends on which channels are there. */
export type CostModel = readonly CostlyNode[];

/**
 * Models a network's cost, so that thousands of cuts can be weighed without building them.
 *
 * @param times Measured milliseconds of each node, needed where time is counted.
 */
export function costModel(
  graph: Graph,
  { axes }: ChannelGroups,
  unit: CostUnit,
  times?: ReadonlyMap<GraphNode, number>,
): CostModel {
  const inference = inferShapes(graph);
  return axes.flatMap(({ node, role, channels: makes, constant }) => {
    if (role !== 'makes') return [];
    const reads = axes.find((axis) => axis.node === node && axis.role === 'reads')?.channels ?? [];
    const pairs = reads.length * makes.length;
    const weights = elementCount(graph.constants.get(constant)?.dims ?? []);
    const amount = { parameters: weights, macs: macsOf(node, inference), time: times?.get(node) ?? 0 }[unit];
    return pairs === 0 ? [] : [{ reads, makes, unit: amount / pairs }];
  });
}

/** A count that is kept up to date while channels are removed. */
export interface CostCount {
  readonly total: number;
  /** What removing these channels would save. */
  readonly savingOf: (channels: readonly number[]) => number;
  readonly remove: (channels: readonly number[]) => void;
}

/** Starts counting with some channels gone already. */
export function startCount(model: CostModel, cut: ReadonlySet<number>): CostCount {
  const nodes = model.map(({ reads, makes, unit }) => ({
    unit,
    reads: occurrences(reads),
    makes: occurrences(makes),
    inputs: reads.filter((channel) => !cut.has(channel)).length,
    outputs: makes.filter((channel) => !cut.has(channel)).length,
  }));
  const touching = new Map<number, Set<(typeof nodes)[number]>>();
  for (const node of nodes) {
    for (const channel of [...node.reads.keys(), ...node.makes.keys()]) {
      touching.set(channel, (touching.get(channel) ?? new Set()).add(node));
    }
  }
  const touched = (channels: readonly number[]) =>
    new Set(channels.flatMap((channel) => [...(touching.get(channel) ?? [])]));
  const lost = (map: ReadonlyMap<number, number>, channels: readonly number[]): number =>
    channels.reduce((sum, channel) => sum + (map.get(channel) ?? 0), 0);
  const saving = (node: (typeof nodes)[number], channels: readonly number[]): number => {
    const [inputs, outputs] = [node.inputs - lost(node.reads, channels), node.outputs - lost(node.makes, channels)];
    return node.unit * (node.inputs * node.outputs - inputs * outputs);
  };

  let total = nodes.reduce((sum, { unit, inputs, outputs }) => sum + unit * inputs * outputs, 0);
  const savingOf = (channels: readonly number[]): number =>
    [...touched(channels)].reduce((sum, node) => sum + saving(node, channels), 0);
  return {
    get total() {
      return total;
    },
    savingOf,
    remove: (channels) => {
      total -= savingOf(channels);
      for (const node of touched(channels)) {
        node.inputs -= lost(node.reads, channels);
        node.outputs -= lost(node.makes, channels);
      }
    },
  };
}

function occurrences(channels: Channels): Map<number, number> {
  const counts = new Map<number, number>();
  for (const channel of channels) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  return counts;
}
