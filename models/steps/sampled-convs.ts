import type { ChannelGroups } from '../channels/channel-groups.ts';
import { seededRandom } from '../math/random.ts';
import { attributes, intAttribute, intsAttribute } from '../onnx/attributes.ts';
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  requiredInput,
  requiredOutput,
  withoutUnused,
} from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { padsOf } from '../onnx/shape-rules.ts';
import { elementCount, float32Tensor, type Tensor } from '../onnx/tensor.ts';

/** A value that a convolution reads. */
export interface TapSource {
  readonly value: string;
  readonly channels: number;
  /** The node that enlarges what is computed of it to twice its size; undefined where the value has the layer's own size. */
  readonly enlarge: GraphNode | undefined;
}

/** A convolution of a sliced network together with the places where it is compared with the dense one. */
export interface SampledConv {
  /** In the sliced network. */
  readonly node: GraphNode;
  readonly input: string;
  /** What it is computed from, in the order of its channels: its input, unless it is computed before some of that is enlarged. */
  readonly sources: readonly TapSource[];
  readonly output: string;
  readonly weight: string;
  readonly bias: string | undefined;
  /** Numbers that one output value depends on: inputs times taps. */
  readonly taps: number;
  readonly outputs: number;
  /** Output pixels that are sampled, as `y * width + x`. */
  readonly positions: readonly number[];
  /** At how many of them each photo is compared. */
  readonly places: number;
  /** Which those are, by photo: indices, ascending. All where absent. */
  readonly placed?: readonly Int32Array[];
  /** Which of the dense network's output channels these are. */
  readonly kept: readonly number[];
  /** Name of the added output that carries the samples. */
  readonly samples: string;
}

/** Taps that a layer counts as having at least, so that a narrow one is not fitted to a handful of places. */
const MIN_TAPS = 1152;
/** Places sampled in each photo, at least. */
const MIN_POSITIONS = 8;
/** Share of the places that lie on the rim, where taps fall on padding: too few for a fit to notice when drawn from all. */
const RIM_SHARE = 0.25;

/**
 * Lists the plain convolutions of a sliced network in running order, with seeded places to sample.
 *
 * @param equations Places for each number that an output depends on, where there are enough pixels.
 * @param candidates Positions sampled for each of those places.
 */
export function sampledConvs(
  dense: Graph,
  sliced: Graph,
  { groups, cut }: { groups: ChannelGroups; cut: ReadonlySet<number> },
  { photos, equations, candidates, seed }: { photos: number; equations: number; candidates: number; seed: number },
): SampledConv[] {
  const inference = inferShapes(sliced);
  const makes = new Map(
    groups.axes.filter(({ role }) => role === 'makes').map((axis) => [axis.constant, axis.channels]),
  );
  const random = seededRandom(seed);
  const wasThere = new Set(dense.nodes.map((node) => requiredOutput(node)));
  return sliced.nodes.flatMap((node) => {
    if (node.op !== 'Conv' || intAttribute(node, 'group', 1) !== 1 || !wasThere.has(requiredOutput(node))) return [];
    const [input, weight, output] = [requiredInput(node, 0), requiredInput(node, 1), requiredOutput(node)];
    const dims = shapeOf(inference, weight);
    const taps = elementCount(dims.slice(1));
    const [height = 1, width = 1] = shapeOf(inference, output).slice(2);
    const pixels = height * width;
    const samples = equations * Math.max(MIN_TAPS, taps);
    const places = Math.min(pixels, Math.max(MIN_POSITIONS, Math.ceil(samples / photos)));
    const kept = (makes.get(weight) ?? []).flatMap((channel, index) => (cut.has(channel) ? [] : [index]));
    const positions = placesIn({ height, width }, Math.min(pixels, places * candidates), random.integer);
    const bias = node.inputs[2] || undefined;
    const sources = [{ value: input, channels: shapeOf(inference, input)[1] ?? 1, enlarge: undefined }];
    return [
      {
        node,
        input,
        sources,
        output,
        weight,
        bias,
        taps,
        outputs: dims[0] ?? 0,
        positions,
        places,
        kept,
        samples: `${output}.samples`,
      },
    ];
  });
}

/** Those rows of a photo's samples `[positions, columns]` at which it is compared. */
export function placesOf({ positions, placed }: SampledConv, photo: number, samples: Float32Array): Float32Array {
  const rows = placed?.[photo];
  if (rows === undefined) return samples;
  const columns = samples.length / positions.length;
  const taken = new Float32Array(rows.length * columns);
  for (const [to, from] of rows.entries()) {
    taken.set(samples.subarray(from * columns, (from + 1) * columns), to * columns);
  }
  return taken;
}

/** Gives, in place of the dense network's own output, each convolution's kept outputs at its positions: `[positions, outputs]`. */
export function withOutputSamples(dense: Graph, convs: readonly SampledConv[]): Graph {
  const inference = inferShapes(dense);
  const builder = sampler(dense);
  for (const { output, positions, kept, samples } of convs) {
    const channels = shapeOf(inference, output)[1] ?? 1;
    const flat = builder.reshape(output, [channels, -1]);
    const rows = builder.gather(flat, builder.indices([kept.length], kept), 0);
    const columns = builder.gather(rows, builder.indices([positions.length], positions), 1);
    builder.add('Transpose', [columns], samples, { perm: [1, 0] });
  }
  return builder.graph(convs.map(sampleOutput));
}

/**
 * Gives, beside a part of the sliced network's own outputs, what a convolution reads at its positions: `[positions, taps]`,
 * the taps in the order of its weights. Where a tap falls on the padding it is zero.
 *
 * @param inference Of the whole sliced network.
 */
export function withTapSamples(part: Graph, conv: SampledConv, inference: Inference): Graph {
  const builder = sampler(part);
  const parts = conv.sources.map((source, index) => {
    const flat = builder.reshape(source.value, [source.channels, -1]);
    const places = tapPlaces(conv, source, inference);
    const shares = places.map(({ indices, shares, kernel }, corner) => {
      const dims = [kernel, conv.positions.length];
      const taken = builder.gather(flat, builder.indices(dims, indices), 1);
      const share = builder.constant(float32Tensor(dims, Float32Array.from(shares)));
      return builder.add('Mul', [taken, share], `${conv.samples}.share.${index}.${corner}`);
    });
    const whole = shares.reduce((sum, share) => builder.add('Add', [sum, share], `${share}.sum`));
    return builder.reshape(whole, [source.channels * (places[0]?.kernel ?? 1), conv.positions.length]);
  });
  const joined =
    parts.length === 1 ? (parts[0] ?? '') : builder.add('Concat', parts, `${conv.samples}.joined`, { axis: 0 });
  builder.add('Transpose', [joined], conv.samples, { perm: [1, 0] });
  return builder.graph([...part.outputs, sampleOutput(conv)]);
}

/**
 * For every tap and position the pixel of a source that it is and its share, as `[taps of the kernel, positions]`: 1, or 0 outside the frame. Where
 * what is computed is enlarged, four times: of the pixels around (bilinear, centres half a pixel in).
 */
function tapPlaces(
  { node, output, weight, positions }: SampledConv,
  { value, enlarge }: TapSource,
  inference: Inference,
) {
  const [height = 1, width = 1] = shapeOf(inference, value).slice(2);
  const outputWidth = shapeOf(inference, output)[3] ?? 1;
  const [kernelHeight = 1, kernelWidth = 1] = shapeOf(inference, weight).slice(2);
  const [strideY = 1, strideX = 1] = intsAttribute(node, 'strides') ?? [];
  const [dilationY = 1, dilationX = 1] = intsAttribute(node, 'dilations') ?? [];
  const [padY = 0, padX = 0] = padsOf(node, [height, width], [kernelHeight, kernelWidth]).before;
  const corners = enlarge === undefined ? [[0, 0]] : [0, 1].flatMap((dy) => [0, 1].map((dx) => [dy, dx]));
  return corners.map(([cornerY = 0, cornerX = 0]) => {
    const indices: number[] = [];
    const shares: number[] = [];
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        for (const position of positions) {
          const [placeY, placeX] = [Math.floor(position / outputWidth), position % outputWidth];
          const [fromY, fromX] =
            enlarge === undefined
              ? [
                  { at: placeY * strideY, share: 1 },
                  { at: placeX * strideX, share: 1 },
                ]
              : [enlargedFrom(placeY, cornerY, height), enlargedFrom(placeX, cornerX, width)];
          const y = fromY.at - padY + ky * dilationY;
          const x = fromX.at - padX + kx * dilationX;
          const isInside = y >= 0 && y < height && x >= 0 && x < width;
          indices.push(isInside ? y * width + x : 0);
          shares.push(isInside ? fromY.share * fromX.share : 0);
        }
      }
    }
    return { indices, shares, kernel: kernelHeight * kernelWidth };
  });
}

/** The pixel before (corner 0) or after a place in an axis that was doubled, and its share. */
function enlargedFrom(place: number, corner: number, length: number): { at: number; share: number } {
  const exact = Math.max(0, (place + 0.5) / 2 - 0.5);
  const before = Math.floor(exact);
  const share = corner === 0 ? 1 - (exact - before) : exact - before;
  return { at: Math.min(length - 1, before + corner), share };
}

function sampleOutput({ samples }: SampledConv): GraphValue {
  return { name: samples, type: 'float32', dims: undefined };
}

/** Adds nodes and constants to a copy of a graph under names of their own. */
function sampler(graph: Graph) {
  const constants = new Map<string, Tensor>(graph.constants);
  const nodes = [...graph.nodes];
  const constant = (tensor: Tensor): string => {
    const name = `sample.constant.${constants.size}`;
    constants.set(name, tensor);
    return name;
  };
  const indices = (dims: readonly number[], values: readonly number[]): string =>
    constant({ type: 'int64', dims, data: BigInt64Array.from(values, BigInt) });
  const add = (op: string, inputs: string[], output: string, values: Parameters<typeof attributes>[0] = {}): string => {
    nodes.push({ name: output, op, inputs, outputs: [output], attributes: attributes(values) });
    return output;
  };
  return {
    constant,
    indices,
    add,
    reshape: (value: string, dims: number[]) =>
      add('Reshape', [value, indices([dims.length], dims)], `sample.reshape.${nodes.length}`),
    gather: (value: string, at: string, axis: number) =>
      add('Gather', [value, at], `sample.gather.${nodes.length}`, { axis }),
    graph: (outputs: readonly GraphValue[]): Graph => withoutUnused({ ...graph, nodes, constants, outputs, hints: [] }),
  };
}

/** @returns Distinct places `y * width + x` in ascending order, about RIM_SHARE of them on the rim. */
function placesIn(
  { height, width }: { height: number; width: number },
  count: number,
  integer: (below: number) => number,
): number[] {
  const all = Array.from({ length: height * width }, (_, place) => place);
  const { rim, inner, onRim } = rimAndInner(all, { height, width, count });
  return [...drawn(rim, onRim, integer), ...drawn(inner, count - onRim, integer)].sort((a, b) => a - b);
}

/** Tells places on the rim from others, and how many of `count` shall be of them. */
export function rimAndInner(
  places: readonly number[],
  { height, width, count }: { height: number; width: number; count: number },
): { rim: number[]; inner: number[]; onRim: number } {
  const isOnRim = (place: number): boolean => {
    const [x, y] = [place % width, Math.floor(place / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  };
  const [rim, inner] = [places.filter(isOnRim), places.filter((place) => !isOnRim(place))];
  return { rim, inner, onRim: Math.min(rim.length, Math.max(Math.ceil(count * RIM_SHARE), count - inner.length)) };
}

function drawn(places: readonly number[], count: number, integer: (below: number) => number): number[] {
  return distinct(places.length, count, integer).map((index) => places[index] ?? 0);
}

function distinct(below: number, count: number, integer: (below: number) => number): number[] {
  const chosen = new Set<number>();
  // Floyd's sampling: distinct numbers without a list of all of them.
  for (let top = below - count; top < below; top++) {
    const candidate = integer(top + 1);
    chosen.add(chosen.has(candidate) ? top : candidate);
  }
  return [...chosen].sort((a, b) => a - b);
}
