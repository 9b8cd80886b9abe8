import type { ChannelGroups } from '#models/channels/channel-groups.ts';
import type { Role } from '#models/channels/tracer.ts';
import type { Random } from '#models/math/random.ts';
import type { Graph } from '#models/onnx/graph.ts';
import { elementCount, type Tensor } from '#models/onnx/tensor.ts';

/**
 * The dense graph with channels silenced, which a sliced graph must equal.
 *
 * `makers`: filters, biases and normalizations that make the channel are zero, so it is zero behind a Relu too.
 * `readers`: what reads the channel has weight zero for it, whatever the activation in between makes of zero.
 */
export function zeroed(
  graph: Graph,
  groups: ChannelGroups,
  cut: ReadonlySet<number>,
  where: 'makers' | 'readers',
): Graph {
  const roles: Role[] = where === 'makers' ? ['makes', 'follows'] : ['reads'];
  const constants = new Map(graph.constants);
  for (const { constant, axis, channels, role } of groups.axes) {
    const tensor = constants.get(constant);
    if (tensor?.type !== 'float32' || !roles.includes(role)) continue;
    constants.set(
      constant,
      withZeros(
        tensor,
        axis,
        channels.flatMap((c, index) => (cut.has(c) ? [index] : [])),
      ),
    );
  }
  return { ...graph, constants };
}

/** Picks channels at random, each group losing up to a share of its own but never all. */
export function randomCut({ groups }: ChannelGroups, random: Random, share = 0.7): Set<number> {
  return new Set(
    groups.flatMap(({ channels, isFixed }) => {
      if (isFixed) return [];
      const count = Math.min(channels.length - 1, Math.floor(random.uniform() * share * (channels.length + 1)));
      return random.shuffled(channels).slice(0, count);
    }),
  );
}

function withZeros(tensor: Extract<Tensor, { type: 'float32' }>, axis: number, indices: readonly number[]): Tensor {
  const inner = elementCount(tensor.dims.slice(axis + 1));
  const size = tensor.dims[axis] ?? 1;
  const gone = new Set(indices);
  return { ...tensor, data: tensor.data.map((value, i) => (gone.has(Math.floor(i / inner) % size) ? 0 : value)) };
}
