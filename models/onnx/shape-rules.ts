import { floatsAttribute, intAttribute, intsAttribute, stringAttribute } from './attributes.ts';
import { OnnxError } from './errors.ts';
import { describe, type GraphNode } from './graph.ts';
import { axesOf, slicedIndices, squeezedDims, unsqueezedDims } from './known-values.ts';
import { elementCount, numbersOf, type Tensor } from './tensor.ts';

export type Dims = readonly number[];

/** What a shape rule may look at. */
export interface ShapeContext {
  readonly node: GraphNode;
  /** Shape of an input. @throws {OnnxError} when the input is not there. */
  readonly shape: (index: number) => Dims;
  /** Value of an input that is known before the network runs. */
  readonly known: (index: number) => Tensor | undefined;
}

/** @returns The shapes of a node's outputs in order. */
export type ShapeRule = (context: ShapeContext) => Dims[];

const sameAsInput: ShapeRule = ({ shape }) => [shape(0)];
const broadcast: ShapeRule = ({ node, shape }) => [
  node.inputs.map((_, index) => shape(index)).reduce((a, b) => broadcastDims(node, a, b)),
];

/** One rule an operator of the U2-Net family, its quantized form and the graphs that train it. Shapes are [N, C, H, W]. */
export const SHAPE_RULES: Readonly<Record<string, ShapeRule>> = {
  Conv: (context) => [convDims(context)],
  ConvTranspose: (context) => [convTransposeDims(context)],
  MaxPool: (context) => [poolDims(context), poolDims(context)],
  AveragePool: (context) => [poolDims(context)],
  GlobalAveragePool: ({ shape }) => [shape(0).map((dim, axis) => (axis < 2 ? dim : 1))],
  Resize: (context) => [resizeDims(context, context.node.inputs.length < 3 ? 1 : 2, 3)],
  Upsample: (context) => [resizeDims(context, 1)],
  Concat: (context) => [concatDims(context)],
  Split: splitDims,
  Slice: (context) => [sliceDims(context)],
  Pad: (context) => [padDims(context)],
  Gemm: (context) => [gemmDims(context)],
  MatMul: (context) => [matMulDims(context)],
  Flatten: ({ node, shape }) => {
    const [dims, axis] = [shape(0), intAttribute(node, 'axis', 1)];
    return [[elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis))]];
  },
  Reshape: (context) => [reshapeDims(context)],
  Transpose: ({ node, shape }) => {
    const dims = shape(0);
    const order = intsAttribute(node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
    return [order.map((axis) => dims[axis] ?? 1)];
  },
  Unsqueeze: ({ node, shape, known }) => [unsqueezedDims(shape(0), axesOf(node, known(1)) ?? [])],
  Squeeze: ({ node, shape, known }) => [squeezedDims(shape(0), axesOf(node, known(1)))],
  Gather: ({ node, shape }) => {
    const [dims, axis] = [shape(0), intAttribute(node, 'axis', 0)];
    return [[...dims.slice(0, axis), ...shape(1), ...dims.slice(axis + 1)]];
  },
  ReduceMean: (context) => [reduceDims(context)],
  ReduceSum: (context) => [reduceDims(context)],
  Shape: ({ shape }) => [[shape(0).length]],
  ...Object.fromEntries(
    [
      ...[
        'Relu',
        'LeakyRelu',
        'PRelu',
        'Clip',
        'Sigmoid',
        'HardSigmoid',
        'HardSwish',
        'Tanh',
        'Softmax',
        'Sqrt',
        'Abs',
      ],
      ...['Neg', 'Exp', 'Log', 'Floor', 'Not', 'BatchNormalization', 'Dropout', 'Cast', 'Identity'],
      ...['QuantizeLinear', 'DequantizeLinear'],
    ].map((op) => [op, sameAsInput]),
  ),
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Greater', 'Less', 'Equal', 'Where'].map((op) => [op, broadcast]),
  ),
};

/** Padding before and after each spatial axis, `auto_pad` resolved for the given input. */
export function padsOf(node: GraphNode, spatial: Dims, kernel: Dims): { before: number[]; after: number[] } {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const strides = intsAttribute(node, 'strides') ?? spatial.map(() => 1);
    const dilations = intsAttribute(node, 'dilations') ?? spatial.map(() => 1);
    const totals = spatial.map((size, axis) => {
      const [stride, reach] = [strides[axis] ?? 1, ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1];
      return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
    });
    const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))];
    return auto === 'SAME_UPPER' ? { before: less, after: more } : { before: more, after: less };
  }
  const pads = intsAttribute(node, 'pads') ?? [...spatial, ...spatial].map(() => 0);
  return { before: pads.slice(0, spatial.length), after: pads.slice(spatial.length) };
}

function convDims({ node, shape }: ShapeContext): Dims {
  const [input, weight] = [shape(0), shape(1)];
  const group = intAttribute(node, 'group', 1);
  if ((weight[1] ?? 0) * group !== input[1]) {
    throw badShape(node, `${(weight[1] ?? 0) * group} input channels`, `[${input}]`);
  }
  return [input[0] ?? 1, weight[0] ?? 1, ...slidingDims(node, input.slice(2), weight.slice(2))];
}

function convTransposeDims({ node, shape }: ShapeContext): Dims {
  const [input, weight] = [shape(0), shape(1)];
  if (weight[0] !== input[1]) throw badShape(node, `${weight[0]} input channels`, `[${input}]`);
  const [spatial, kernel] = [input.slice(2), weight.slice(2)];
  const strides = intsAttribute(node, 'strides') ?? spatial.map(() => 1);
  const dilations = intsAttribute(node, 'dilations') ?? spatial.map(() => 1);
  const extra = intsAttribute(node, 'output_padding') ?? spatial.map(() => 0);
  const { before, after } = padsOf(node, spatial, kernel);
  const sizes = spatial.map(
    (size, axis) =>
      (strides[axis] ?? 1) * (size - 1) +
      (extra[axis] ?? 0) +
      ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) +
      1 -
      (before[axis] ?? 0) -
      (after[axis] ?? 0),
  );
  return [input[0] ?? 1, (weight[1] ?? 1) * intAttribute(node, 'group', 1), ...sizes];
}

function poolDims({ node, shape }: ShapeContext): Dims {
  const input = shape(0);
  return [...input.slice(0, 2), ...slidingDims(node, input.slice(2), intsAttribute(node, 'kernel_shape') ?? [])];
}

/** Sizes after a window has moved over the spatial axes. */
function slidingDims(node: GraphNode, spatial: Dims, kernel: Dims): number[] {
  const strides = intsAttribute(node, 'strides') ?? spatial.map(() => 1);
  const dilations = intsAttribute(node, 'dilations') ?? spatial.map(() => 1);
  const isCeiling = intAttribute(node, 'ceil_mode', 0) === 1;
  const { before, after } = padsOf(node, spatial, kernel);
  return spatial.map((size, axis) => {
    const [stride, leading] = [strides[axis] ?? 1, before[axis] ?? 0];
    const reach = ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    const steps = (size + leading + (after[axis] ?? 0) - reach) / stride;
    const count = (isCeiling ? Math.ceil(steps) : Math.floor(steps)) + 1;
    if (count < 1) throw badShape(node, `an input of at least ${reach} px`, `${size} px`);
    // A last window that would start beyond the padded input is dropped, as onnxruntime and PyTorch do.
    return isCeiling && (count - 1) * stride >= size + leading ? count - 1 : count;
  });
}

function resizeDims({ node, shape, known }: ShapeContext, scalesAt: number, sizesAt?: number): Dims {
  const input = shape(0);
  const sizes = sizesAt === undefined ? undefined : known(sizesAt);
  if (sizes !== undefined && sizes.data.length === input.length) return numbersOf(sizes);
  const tensor = known(scalesAt);
  const scales = tensor === undefined ? floatsAttribute(node, 'scales') : numbersOf(tensor);
  if (scales?.length !== input.length) {
    throw badShape(node, 'sizes or scales that are known beforehand', 'ones that depend on the photo');
  }
  return input.map((dim, axis) => Math.floor(dim * (scales[axis] ?? 1)));
}

function concatDims({ node, shape }: ShapeContext): Dims {
  const all = node.inputs.map((_, index) => shape(index));
  const first = all[0] ?? [];
  const axis = positive(intAttribute(node, 'axis', 1), first.length);
  const odd = all.find((dims) => dims.length !== first.length || dims.some((d, i) => i !== axis && d !== first[i]));
  if (odd !== undefined) throw badShape(node, `shapes like [${first}] but for axis ${axis}`, `[${odd}]`);
  return first.with(
    axis,
    all.reduce((sum, dims) => sum + (dims[axis] ?? 0), 0),
  );
}

function splitDims({ node, shape, known }: ShapeContext): Dims[] {
  const input = shape(0);
  const axis = positive(intAttribute(node, 'axis', 0), input.length);
  const tensor = known(1);
  const parts = tensor === undefined ? intsAttribute(node, 'split') : numbersOf(tensor);
  const total = input[axis] ?? 0;
  const each = Math.ceil(total / node.outputs.length);
  return node.outputs.map((_, index) => input.with(axis, parts?.[index] ?? Math.min(each, total - each * index)));
}

function sliceDims({ node, shape, known }: ShapeContext): Dims {
  const input = shape(0);
  const { starts, ends, axes, steps } = sliceParameters(node, known, input.length);
  return axes.reduce<Dims>(
    (dims, axis, i) =>
      dims.with(axis, slicedIndices(dims[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1).length),
    input,
  );
}

/** What a Slice cuts, from inputs (opset 10) or attributes. @throws {OnnxError} when it depends on the photo. */
export function sliceParameters(
  node: GraphNode,
  known: (index: number) => Tensor | undefined,
  rank: number,
): { starts: number[]; ends: number[]; axes: number[]; steps: number[] } {
  const read = (index: number, name: string): number[] | undefined => {
    const tensor = known(index);
    return tensor === undefined ? intsAttribute(node, name) : numbersOf(tensor);
  };
  const [starts, ends] = [read(1, 'starts'), read(2, 'ends')];
  if (starts === undefined || ends === undefined) throw badShape(node, 'bounds that are known beforehand', 'none');
  const axes = (read(3, 'axes') ?? starts.map((_, i) => i)).map((axis) => positive(axis, rank));
  return { starts, ends, axes, steps: read(4, 'steps') ?? starts.map(() => 1) };
}

function padDims({ node, shape, known }: ShapeContext): Dims {
  const input = shape(0);
  const tensor = known(1);
  const pads = tensor === undefined ? intsAttribute(node, 'pads') : numbersOf(tensor);
  if (pads?.length !== input.length * 2) throw badShape(node, `${input.length * 2} pads`, `${pads?.length ?? 'none'}`);
  return input.map((dim, axis) => dim + (pads[axis] ?? 0) + (pads[axis + input.length] ?? 0));
}

function gemmDims({ node, shape }: ShapeContext): Dims {
  const [a, b] = [shape(0), shape(1)];
  const rows = intAttribute(node, 'transA', 0) === 1 ? a[1] : a[0];
  return [rows ?? 1, (intAttribute(node, 'transB', 0) === 1 ? b[0] : b[1]) ?? 1];
}

function matMulDims({ node, shape }: ShapeContext): Dims {
  const [a, b] = [shape(0), shape(1)];
  if (a.at(-1) !== b.at(-2)) throw badShape(node, `${a.at(-1)} rows on the right`, `[${b}]`);
  return [...broadcastDims(node, a.slice(0, -2), b.slice(0, -2)), a.at(-2) ?? 1, b.at(-1) ?? 1];
}

function reshapeDims({ node, shape, known }: ShapeContext): Dims {
  const [input, tensor] = [shape(0), known(1)];
  if (tensor === undefined) throw badShape(node, 'a target shape that is known beforehand', 'none');
  const target = numbersOf(tensor).map((dim, axis) => (dim === 0 ? (input[axis] ?? 1) : dim));
  const rest = elementCount(input) / elementCount(target.filter((dim) => dim !== -1));
  return target.map((dim) => (dim === -1 ? rest : dim));
}

function reduceDims({ node, shape, known }: ShapeContext): Dims {
  const input = shape(0);
  const axes = axesOf(node, known(1))?.map((axis) => positive(axis, input.length)) ?? input.map((_, axis) => axis);
  if (intAttribute(node, 'keepdims', 1) === 1) return input.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return input.filter((_, axis) => !axes.includes(axis));
}

function broadcastDims(node: GraphNode, a: Dims, b: Dims): Dims {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (left !== right && left !== 1 && right !== 1) throw badShape(node, `shapes that fit [${a}]`, `[${b}]`);
    return left === 1 ? right : left;
  });
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function badShape(node: GraphNode, expected: string, got: string): OnnxError {
  return new OnnxError('bad_shape', `Expected ${expected} for ${describe(node)}, got ${got}`);
}
