import type { Graph, GraphNode } from '../onnx/graph.ts';
import type { ChannelGroup, ChannelGroups } from './channel-groups.ts';

/**
 * Draws which channels must be cut together, for people: first the groups that several convolutions make at once, each
 * with its makers, why they are tied, and its readers with the places the channels have there; then the free ones, a line each.
 */
export function explain(graph: Graph, groups: ChannelGroups): string {
  const tied = groups.groups.filter(({ makers, isFixed }) => makers.length > 1 && !isFixed);
  const free = groups.groups.filter(({ makers, isFixed }) => makers.length === 1 && !isFixed);
  const fixed = groups.groups.filter(({ isFixed }) => isFixed);
  return [
    `${counted(tied, 'tied')}: what their makers give is joined channel by channel, so a channel is cut from all of them`,
    ...tied.flatMap((group) => ['', ...drawTied(graph, groups, group)]),
    '',
    `${counted(free, 'free')}: each is made by one node alone and cut from it and its readers`,
    ...free.map((group) => drawFree(groups, group)),
    '',
    `${counted(fixed, 'fixed')}, never cut: what the network gives depends on their number`,
    ...fixed.map(
      ({ makers, channels: own }) => `  ${namesOf(makers)}  ${own.length} channel${own.length === 1 ? '' : 's'}`,
    ),
  ].join('\n');
}

function counted(groups: readonly ChannelGroup[], kind: string): string {
  const channels = groups.reduce((sum, group) => sum + group.channels.length, 0);
  const plural = (count: number): string => (count === 1 ? '' : 's');
  return `${groups.length} ${kind} group${plural(groups.length)}, ${channels} channel${plural(channels)}`;
}

function drawTied(graph: Graph, groups: ChannelGroups, group: ChannelGroup): string[] {
  const members = new Set(group.channels);
  const joints = graph.nodes.filter(
    (node) =>
      ['Add', 'Sub', 'Mul', 'Div'].includes(node.op) &&
      (groups.values.get(node.outputs[0] ?? '') ?? []).some((c) => members.has(c)),
  );
  const last = group.makers.length - 1;
  return [
    `${group.name}  ${group.channels.length} channels`,
    ...group.makers.map((maker, index) => `  ${index === 0 ? '┌' : index === last ? '└' : '├'}─ made by ${maker.name}`),
    ...joints.map((joint) => `  tied at ${joint.op} ${joint.name}`),
    ...group.readers.map((reader) => `    → read by ${reader.name}, ${placesAt(groups, group, reader)}`),
  ];
}

function drawFree(groups: ChannelGroups, group: ChannelGroup): string {
  const readers = group.readers.map((reader) => `${reader.name} (${placesAt(groups, group, reader)})`).join(', ');
  return `  ${group.name}  ${group.channels.length} → ${readers || 'nobody'}`;
}

/** Where a group's channels lie among a reader's inputs, e.g. `inputs 64..127 of 128`. */
function placesAt({ axes }: ChannelGroups, { channels }: ChannelGroup, reader: GraphNode): string {
  const inputs = axes.find((axis) => axis.node === reader && axis.role === 'reads')?.channels ?? [];
  const members = new Set(channels);
  const places = inputs.flatMap((channel, index) => (members.has(channel) ? [index] : []));
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const isRun = last - first + 1 === places.length;
  return isRun ? `inputs ${first}..${last} of ${inputs.length}` : `${places.length} of its ${inputs.length} inputs`;
}

function namesOf(nodes: readonly GraphNode[]): string {
  return nodes.map(({ name }) => name).join(' + ');
}
