import type { ChannelGroups } from '../channels/channel-groups.ts';
import { float32Result, withNetwork } from '../network.ts';
import { attributes } from '../onnx/attributes.ts';
import { type Graph, type GraphNode, onlyInput, requiredInput } from '../onnx/graph.ts';
import { type Inference, inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { int64Tensor, type Tensor } from '../onnx/tensor.ts';
import { type InputForm, readInput } from '../photos.ts';

/** How the channels of one value behave over many photos. */
export interface ChannelMoments {
  /** Mean of each channel, `[C]`. */
  readonly mean: Float64Array;
  /** Mean of the products of each two channels at the same pixel, `[C, C]`, not centred. */
  readonly products: Float64Array;
}

/** Moments of every value that a convolution reads, by value name. */
export type Observations = ReadonlyMap<string, ChannelMoments>;

/** Names of the values whose channels are read by weights. */
export function readValues({ axes }: ChannelGroups): string[] {
  return [...new Set(axes.filter(({ role }) => role === 'reads').map(({ node }) => requiredInput(node, 0)))];
}

/**
 * Runs photos through a network and gathers first and second moments of everything its convolutions read. Memory does not
 * grow with the number of photos. Cost: one run a photo, plus about a tenth.
 */
export async function observe(
  graph: Graph,
  groups: ChannelGroups,
  {
    photos,
    form,
    onStep = () => {},
  }: { photos: readonly string[]; form: InputForm; onStep?: (step: string, detail: string) => void },
): Promise<Observations> {
  const inference = inferShapes(graph);
  const values = readValues(groups).filter((value) => !graph.inputs.some(({ name }) => name === value));
  const sums = new Map<string, { mean: Float64Array; products: Float64Array; pixels: number }>();
  for (const value of values) {
    const [, channels = 1, ...spatial] = shapeOf(inference, value);
    const pixels = spatial.reduce((a, b) => a * b, 1);
    sums.set(value, { mean: new Float64Array(channels), products: new Float64Array(channels ** 2), pixels });
  }
  const input = onlyInput(graph).name;
  await withNetwork(withMoments(graph, values, inference), async (network) => {
    for (const [index, photo] of photos.entries()) {
      const data = await readInput(photo, form);
      const results = await network.run({ [input]: { data, dims: [1, 3, form.height, form.width] } });
      for (const [value, { mean, products, pixels }] of sums) {
        accumulate(mean, float32Result(results, sumName(value)), 1 / (pixels * photos.length));
        accumulate(products, float32Result(results, productName(value)), 1 / (pixels * photos.length));
      }
      onStep('observe', `photo ${index + 1} of ${photos.length}`);
    }
  });
  return sums;
}

const sumName = (value: string): string => `${value}.moments.sum`;
const productName = (value: string): string => `${value}.moments.products`;

/** Adds nodes that give, for a value X `[1, C, H, W]`, its sums `[C]` and X Xᵀ `[C, C]` over all pixels. */
function withMoments(graph: Graph, values: readonly string[], inference: Inference): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  const nodes: GraphNode[] = [];
  const outputs: string[] = [];
  const node = (
    op: string,
    inputs: string[],
    output: string,
    values: Parameters<typeof attributes>[0] = {},
  ): string => {
    nodes.push({ name: output, op, inputs, outputs: [output], attributes: attributes(values) });
    return output;
  };
  constants.set('moments.axes', int64Tensor([1]));
  for (const value of values) {
    const channels = shapeOf(inference, value)[1] ?? 1;
    const shape = `moments.shape.${channels}`;
    constants.set(shape, int64Tensor([channels, -1]));
    const flat = node('Reshape', [value, shape], `${value}.moments.flat`);
    outputs.push(node('ReduceSum', [flat, 'moments.axes'], sumName(value), { keepdims: 0 }));
    outputs.push(node('Gemm', [flat, flat], productName(value), { transB: 1 }));
  }
  // ReduceSum takes its axes as an input only since opset 13.
  const adapted = graph.opset < 13 ? nodes.map(withAxesAttribute) : nodes;
  return {
    ...graph,
    nodes: [...graph.nodes, ...adapted],
    constants,
    outputs: outputs.map((name) => ({ name, type: 'float32', dims: undefined })),
    hints: [],
  };
}

function withAxesAttribute(node: GraphNode): GraphNode {
  if (node.op !== 'ReduceSum') return node;
  return {
    ...node,
    inputs: node.inputs.slice(0, 1),
    attributes: new Map([...node.attributes, ...attributes({ axes: [1] })]),
  };
}

function accumulate(into: Float64Array, values: Float32Array, weight: number): void {
  for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + weight * (values[i] ?? 0);
}
