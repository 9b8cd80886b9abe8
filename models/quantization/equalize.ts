import { type ChannelGroups, groupChannels } from '../channels/channel-groups.ts';
import { float32Result, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredInput } from '../onnx/graph.ts';
import { elementCount, type Tensor } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';

type FloatTensor = Extract<Tensor, { type: 'float32' }>;

/** The size of each channel of values, `[C]`; none for a value that nothing is known of. */
export type ObserveHeights = (graph: Graph, values: readonly string[]) => Promise<ReadonlyMap<string, Float32Array>>;

/** Operators that give s times as much when they are given s times as much, channel by channel. */
const HOMOGENEOUS = new Set(['Conv', 'Relu', 'MaxPool', 'AveragePool', 'Resize', 'Upsample', 'Concat', 'Add']);

/** Each round starts from the scales that the one before has left; after the third nothing changes much. */
const ROUNDS = 3;

/** A channel is scaled by at most this factor, so that one that is silent by chance on these photos is not blown up. */
const LARGEST_FACTOR = 1000;

/**
 * Scales channels up or down where they are made and back where they are read, which changes nothing in float32, so that
 * all channels of a value fill the same 8-bit range and all weights of a filter do (cross-layer equalization, Nagel et al. 2019, with
 * the photos' activations in place of the makers' weights). Channels that are tied get one factor.
 *
 * @param observe Gives the size up to which each channel of the given values is told apart. @default the largest that the photos make
 */
export async function equalize(
  graph: Graph,
  { photos, form, observe }: { photos: readonly string[]; form: InputForm; observe?: ObserveHeights | undefined },
): Promise<Graph> {
  const groups = groupChannels(graph);
  const free = scalableChannels(graph, groups);
  const read = valuesRead(groups);
  const observed = await (observe?.(graph, read) ?? largestSizes(graph, read, { photos, form }));
  const heights = new Map<number, number>();
  for (const [value, sizes] of observed) {
    for (const [index, channel] of (groups.values.get(value) ?? []).entries()) {
      heights.set(channel, Math.max(heights.get(channel) ?? 0, sizes[index] ?? 0));
    }
  }
  const factors = new Map([...free].map((channel) => [channel, 1]));
  for (let round = 0; round < ROUNDS; round++) {
    const scaled = withFactors(graph, groups, factors);
    const columns = columnHeights(scaled, groups);
    for (const channel of free) {
      const factor = factors.get(channel) ?? 1;
      const [height, column] = [(heights.get(channel) ?? 0) / factor, columns.get(channel) ?? 0];
      if (height === 0 || column === 0) continue;
      const next = factor * Math.sqrt(height / column);
      factors.set(channel, Math.min(LARGEST_FACTOR, Math.max(1 / LARGEST_FACTOR, next)));
    }
  }
  return withFactors(graph, groups, factors);
}

/** Channels that convolutions alone make, and that meet nothing on their way that would notice a factor. */
function scalableChannels(graph: Graph, { groups, axes, values }: ChannelGroups): Set<number> {
  const free = new Set(groups.flatMap(({ channels, isFixed }) => (isFixed ? [] : channels)));
  for (const node of graph.nodes) {
    if (HOMOGENEOUS.has(node.op)) continue;
    for (const value of [...node.inputs, ...node.outputs]) for (const c of values.get(value) ?? []) free.delete(c);
  }
  for (const { node, channels, constant } of axes) {
    const isPlain = node.op === 'Conv' && graph.constants.get(constant)?.type === 'float32';
    if (!isPlain) for (const channel of channels) free.delete(channel);
  }
  return free;
}

/** The values that convolutions read. */
function valuesRead({ axes }: ChannelGroups): string[] {
  return [...new Set(axes.flatMap(({ node, role }) => (role === 'reads' ? [requiredInput(node, 0)] : [])))];
}

/** The largest size of each channel of values over the photos. */
async function largestSizes(
  graph: Graph,
  values: readonly string[],
  { photos, form }: { photos: readonly string[]; form: InputForm },
): Promise<Map<string, Float32Array>> {
  const node = (op: string, input: string, output: string, fields = {}): GraphNode => {
    return { name: output, op, inputs: [input], outputs: [output], attributes: attributes(fields) };
  };
  const nodes = values.flatMap((value) => [
    node('Abs', value, `${value}.size`),
    node('ReduceMax', `${value}.size`, `${value}.height`, { axes: [0, 2, 3], keepdims: 0 }),
  ]);
  const outputs = values.map((value) => ({ name: `${value}.height`, type: 'float32' as const, dims: undefined }));
  const sizes = new Map<string, Float32Array>();
  const dims = [1, 3, form.height, form.width];
  await withNetwork({ ...graph, nodes: [...graph.nodes, ...nodes], outputs, hints: [] }, async (network) => {
    for (const photo of photos) {
      const results = await network.run({ [onlyInput(graph).name]: { data: await readInput(photo, form), dims } });
      for (const value of values) {
        const before = sizes.get(value);
        const found = float32Result(results, `${value}.height`);
        sizes.set(value, before?.map((size, channel) => Math.max(size, found[channel] ?? 0)) ?? found);
      }
    }
  });
  return sizes;
}

/** For each channel the largest weight that reads it, as a share of the largest in the same filter. */
function columnHeights(graph: Graph, { axes }: ChannelGroups): Map<number, number> {
  const heights = new Map<number, number>();
  for (const { role, constant, channels } of axes) {
    const tensor = graph.constants.get(constant);
    if (role !== 'reads' || tensor?.type !== 'float32') continue;
    const taps = elementCount(tensor.dims.slice(2));
    const perOutput = channels.length * taps;
    for (let from = 0; from < tensor.data.length; from += perOutput) {
      const filter = tensor.data.subarray(from, from + perOutput);
      const largest = filter.reduce((most, w) => Math.max(most, Math.abs(w)), 0) || 1;
      for (const [index, channel] of channels.entries()) {
        let height = heights.get(channel) ?? 0;
        for (let tap = 0; tap < taps; tap++)
          height = Math.max(height, Math.abs(filter[index * taps + tap] ?? 0) / largest);
        heights.set(channel, height);
      }
    }
  }
  return heights;
}

/** Divides what makes each channel by its factor and multiplies what reads it. */
function withFactors(graph: Graph, { axes }: ChannelGroups, factors: ReadonlyMap<number, number>): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  const done = new Set<string>();
  for (const { constant, axis, channels, role } of axes) {
    const tensor = constants.get(constant);
    if (tensor?.type !== 'float32' || done.has(`${constant} ${axis}`)) continue;
    done.add(`${constant} ${axis}`);
    const along = channels.map((channel) => {
      const factor = factors.get(channel) ?? 1;
      return role === 'reads' ? factor : 1 / factor;
    });
    constants.set(constant, scaledAlong(tensor, axis, along));
  }
  return { ...graph, constants };
}

function scaledAlong(tensor: FloatTensor, axis: number, factors: readonly number[]): FloatTensor {
  const inner = elementCount(tensor.dims.slice(axis + 1));
  return {
    ...tensor,
    data: tensor.data.map((value, i) => value * (factors[Math.floor(i / inner) % factors.length] ?? 1)),
  };
}
