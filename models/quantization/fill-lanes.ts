import { OnnxError } from '../onnx/errors.ts';
import {
  consumers,
  type Graph,
  type GraphNode,
  producers,
  requiredInput,
  requiredOutput,
  withoutUnused,
} from '../onnx/graph.ts';
import { inferShapes, shapeOf } from '../onnx/infer-shapes.ts';
import { withOutputShapes } from '../onnx/resize-input.ts';
import { elementCount, int64Tensor, type Tensor } from '../onnx/tensor.ts';

/** What onnxruntime's direct 8-bit convolution on x86 takes at once (`MlasConvSymPackWSize`); other counts go by a copy of every tap. */
const INPUT_LANES = 4;
export const OUTPUT_LANES = 16;

/** Taps to copy, in bytes, from which on filling up is worth larger filters. */
const WORTHWHILE_BYTES = 2e6;

/**
 * Fills the channels of 8-bit convolutions up with zeros where onnxruntime would else copy every tap of a large picture first:
 * those that read the three colours, and those that make a single mask. Every value stays what it
 * was, but for how the other kernel rounds. U2-Netp's layer at 320 x 320 that makes a mask out of 64 channels takes a quarter of
 * the time so, and spares a copy of 59 MB.
 *
 * @param graph As `writeQuantized` leaves it.
 */
export function fillLanes(graph: Graph, { worthwhileBytes = WORTHWHILE_BYTES } = {}): Graph {
  const filler = laneFiller(graph, worthwhileBytes);
  for (const node of graph.nodes) {
    if (node.op === 'Conv') filler.addConv(node);
    else filler.addOther(node);
  }
  return withOutputShapes(withoutUnused(filler.graph()));
}

/** The nodes around an 8-bit convolution that give its filters, biases and picture, and take what it makes. */
interface Surroundings {
  readonly filter: GraphNode;
  readonly bias: GraphNode;
  readonly picture: GraphNode;
  readonly rounding: GraphNode | undefined;
}

function laneFiller(graph: Graph, worthwhileBytes: number) {
  const shapes = inferShapes(graph);
  const [makers, readers] = [producers(graph), consumers(graph)];
  const constants = new Map<string, Tensor>(graph.constants);
  const nodes: GraphNode[] = [];
  const written = new Set<GraphNode>();
  const add = (
    op: string,
    name: string,
    inputs: readonly string[],
    attributes: GraphNode['attributes'] = new Map(),
  ) => {
    nodes.push({ name, op, inputs, outputs: [name], attributes });
    return name;
  };
  const numbers = (name: string, values: readonly number[]): string => {
    constants.set(name, int64Tensor(values));
    return name;
  };
  const change = (name: string, changed: (tensor: Tensor) => Tensor): void => {
    const tensor = constants.get(name);
    if (tensor !== undefined) constants.set(name, changed(tensor));
  };

  const surroundings = (conv: GraphNode): Surroundings | undefined => {
    const [picture, filter, bias] = conv.inputs.map((input) => makers.get(input));
    const behind = readers.get(requiredOutput(conv)) ?? [];
    const isEightBit = [picture, filter, bias].every((node) => node?.op === 'DequantizeLinear');
    if (!isEightBit || picture === undefined || filter === undefined || bias === undefined) return undefined;
    const rounding = behind.length === 1 && behind[0]?.op === 'QuantizeLinear' ? behind[0] : undefined;
    return { picture, filter, bias, rounding };
  };

  /** Gives a convolution a picture with more channels, for which its filters are zero. */
  const readMore = (conv: GraphNode, { picture, filter }: Surroundings, inputs: number): GraphNode => {
    const base = `${requiredOutput(conv)}.filled`;
    const has = shapeOf(shapes, requiredInput(conv, 0))[1] ?? 0;
    const pads = numbers(`${base}.pads`, [0, 0, 0, 0, 0, inputs - has, 0, 0]);
    const levels = add('Pad', `${base}.levels`, [requiredInput(picture, 0), pads]);
    add(picture.op, base, [levels, ...picture.inputs.slice(1)], picture.attributes);
    change(requiredInput(filter, 0), (tensor) => withInputs(tensor, inputs));
    return { ...conv, inputs: [base, ...conv.inputs.slice(1)] };
  };

  /** Lets a convolution make further channels of zeros, which are dropped at once. */
  const makeMore = (conv: GraphNode, { picture, filter, bias }: Surroundings, rounding: GraphNode): void => {
    const base = `${requiredOutput(conv)}.filled`;
    const has = shapeOf(shapes, requiredOutput(conv))[1] ?? 0;
    for (const name of filter.inputs) change(name, (tensor) => withOutputs(tensor, OUTPUT_LANES, 1));
    // The picture's scale times the filter's, without which onnxruntime leaves the convolution in float32.
    const scale = constants.get(requiredInput(picture, 1));
    const [pictureScale = 1] = scale?.type === 'float32' ? scale.data : [];
    for (const name of bias.inputs) change(name, (tensor) => withOutputs(tensor, OUTPUT_LANES, pictureScale));
    nodes.push({ ...conv, outputs: [`${base}.made`] });
    const levels = add(rounding.op, `${base}.rounded`, [`${base}.made`, ...rounding.inputs.slice(1)]);
    const bounds = [numbers(`${base}.from`, [0]), numbers(`${base}.to`, [has]), numbers(`${base}.axis`, [1])];
    nodes.push({ ...rounding, op: 'Slice', inputs: [levels, ...bounds], attributes: new Map() });
    written.add(rounding);
  };

  return {
    addConv: (conv: GraphNode): void => {
      const around = surroundings(conv);
      const [outputs = 0, inputs = 0, ...kernel] = shapeOf(shapes, requiredInput(conv, 1));
      const pixels = elementCount(shapeOf(shapes, requiredOutput(conv)).slice(2));
      if (around === undefined || pixels * inputs * elementCount(kernel) < worthwhileBytes) {
        nodes.push(conv);
        return;
      }
      const filled = Math.ceil(inputs / INPUT_LANES) * INPUT_LANES;
      const reading = filled === inputs ? conv : readMore(conv, around, filled);
      if (outputs < OUTPUT_LANES && around.rounding !== undefined) makeMore(reading, around, around.rounding);
      else nodes.push(reading);
    },
    addOther: (node: GraphNode): void => {
      if (!written.has(node)) nodes.push(node);
    },
    graph: (): Graph => ({ ...graph, nodes, constants, hints: [] }),
  };
}

/** Appends output channels to the filters, scales or biases of a convolution: zeros, and for scales, which must not be zero, the given one. */
function withOutputs(tensor: Tensor, outputs: number, scale: number): Tensor {
  const dims = [outputs, ...tensor.dims.slice(1)];
  const length = elementCount(dims);
  switch (tensor.type) {
    case 'float32':
      return { ...tensor, dims, data: appended(new Float32Array(length).fill(scale), tensor.data) };
    case 'int8':
      return { ...tensor, dims, data: appended(new Int8Array(length), tensor.data) };
    case 'int32':
      return { ...tensor, dims, data: appended(new Int32Array(length), tensor.data) };
    default:
      throw new OnnxError(
        'unsupported_type',
        `Expected 8-bit filters with their scales and biases, got ${tensor.type}`,
      );
  }
}

function appended<Data extends Float32Array | Int8Array | Int32Array>(longer: Data, data: Data): Data {
  longer.set(data);
  return longer;
}

/** Appends input channels of zeros to filters `[O, I, H, W]`. */
function withInputs(tensor: Tensor, inputs: number): Tensor {
  if (tensor.type !== 'int8') {
    throw new OnnxError('unsupported_type', `Expected 8-bit filters, got ${tensor.type}`);
  }
  const [outputs = 0, has = 0, ...kernel] = tensor.dims;
  const taps = elementCount(kernel);
  const data = new Int8Array(outputs * inputs * taps);
  for (let output = 0; output < outputs; output++) {
    const filter = tensor.data.subarray(output * has * taps, (output + 1) * has * taps);
    data.set(filter, output * inputs * taps);
  }
  return { ...tensor, dims: [outputs, inputs, ...kernel], data };
}
