import { intAttribute, intsAttribute, tensorAttribute } from './attributes.ts';
import { OnnxError } from './errors.ts';
import { describe, type GraphNode } from './graph.ts';
import {
  type ElementType,
  elementCount,
  elementType,
  floatsOf,
  int64Tensor,
  numbersOf,
  type Tensor,
} from './tensor.ts';

/** Computes a node's only output from inputs that are all known before the network runs; undefined where it can't. */
export type ValueRule = (node: GraphNode, inputs: readonly (Tensor | undefined)[]) => Tensor | undefined;

/**
 * The operators that exporters leave around weights and sizes: Casts, constants, and the small arithmetic on shapes.
 * Whatever else has constant inputs is left in the graph for onnxruntime, which folds it when it loads the file.
 */
export const VALUE_RULES: Readonly<Record<string, ValueRule>> = {
  Constant: constant,
  Identity: (_, [input]) => input,
  Cast: cast,
  Concat: (node, inputs) => onVectors(inputs, (vectors) => (axisOf(node) === 0 ? vectors.flat() : undefined)),
  Gather: gather,
  Reshape: (_, [input, shape]) => shape && reshaped(input, () => numbersOf(shape)),
  Unsqueeze: (node, [input, axes]) => reshaped(input, (dims) => unsqueezedDims(dims, axesOf(node, axes) ?? [])),
  Squeeze: (node, [input, axes]) => reshaped(input, (dims) => squeezedDims(dims, axesOf(node, axes))),
  Slice: slice,
  Add: (_, inputs) => arithmetic(inputs, (a, b) => a + b),
  Sub: (_, inputs) => arithmetic(inputs, (a, b) => a - b),
  Mul: (_, inputs) => arithmetic(inputs, (a, b) => a * b),
  Div: (_, inputs) => arithmetic(inputs, (a, b) => Math.trunc(a / b)),
};

/** The axes of Squeeze, Unsqueeze and their like: an input since opset 13, an attribute before. */
export function axesOf(node: GraphNode, input: Tensor | undefined): number[] | undefined {
  return input === undefined ? intsAttribute(node, 'axes') : numbersOf(input);
}

export function unsqueezedDims(dims: readonly number[], axes: readonly number[]): number[] {
  const rank = dims.length + axes.length;
  const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
  const rest = dims.values();
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.next().value ?? 1)));
}

export function squeezedDims(dims: readonly number[], axes: readonly number[] | undefined): number[] {
  const dropped = axes?.map((axis) => (axis < 0 ? axis + dims.length : axis));
  return dims.filter((dim, axis) => (dropped === undefined ? dim !== 1 : !dropped.includes(axis)));
}

/** Which indices along one axis a slice keeps, by ONNX's clamping rules. */
export function slicedIndices(length: number, start: number, end: number, step: number): number[] {
  const clamp = (value: number, low: number, high: number): number =>
    Math.min(Math.max(value < 0 ? value + length : value, low), high);
  const from = step > 0 ? clamp(start, 0, length) : clamp(start, 0, length - 1);
  const to = step > 0 ? clamp(end, 0, length) : clamp(end, -1, length - 1);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length: count }, (_, index) => from + index * step);
}

function constant(node: GraphNode): Tensor | undefined {
  const value = tensorAttribute(node, 'value');
  if (value !== undefined) return value;
  const integers = intsAttribute(node, 'value_ints');
  return integers === undefined ? undefined : int64Tensor(integers);
}

function cast(node: GraphNode, [input]: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (input === undefined) return undefined;
  const to = elementType(intAttribute(node, 'to', 0));
  if (to === input.type) return input;
  if (to === 'float32') {
    const isFloat = input.type === 'float16' || input.type === 'float64';
    const data = isFloat ? floatsOf(input, describe(node)) : Float32Array.from(numbersOf(input));
    return { type: 'float32', dims: input.dims, data };
  }
  if (to === 'int32' && input.type === 'uint16')
    return { type: to, dims: input.dims, data: Int32Array.from(input.data) };
  return to === 'int64' || to === 'int32' ? integers(to, input.dims, numbersOf(input).map(Math.trunc)) : undefined;
}

function gather(node: GraphNode, [input, indices]: readonly (Tensor | undefined)[]): Tensor | undefined {
  if (input?.type === 'int8' && indices?.type === 'int32' && axisOf(node) === 0) return gatheredRows(input, indices);
  if (input?.type !== 'int64' || input.dims.length !== 1 || indices === undefined || axisOf(node) !== 0)
    return undefined;
  const values = numbersOf(input);
  const picked = numbersOf(indices).map((index) => values.at(index));
  if (picked.includes(undefined)) {
    throw new OnnxError(
      'bad_shape',
      `Expected an index below ${values.length} for ${describe(node)}, got a larger one`,
    );
  }
  return integers(
    'int64',
    indices.dims,
    picked.filter((value) => value !== undefined),
  );
}

/** Rows of a table, which is how filters in five bits are unfolded. */
function gatheredRows(
  { dims, data }: Extract<Tensor, { type: 'int8' }>,
  indices: Extract<Tensor, { type: 'int32' }>,
): Tensor {
  const width = elementCount(dims.slice(1));
  const rows = new Int8Array(indices.data.length * width);
  indices.data.forEach((index, row) => {
    rows.set(data.subarray(index * width, (index + 1) * width), row * width);
  });
  return { type: 'int8', dims: [...indices.dims, ...dims.slice(1)], data: rows };
}

function slice(node: GraphNode, inputs: readonly (Tensor | undefined)[]): Tensor | undefined {
  const [input] = inputs;
  if (input?.type !== 'int64' || input.dims.length !== 1) return undefined;
  const parameter = (index: number, name: string): number[] | undefined => {
    const tensor = inputs[index];
    return tensor === undefined ? intsAttribute(node, name) : numbersOf(tensor);
  };
  const [start, end, step] = [parameter(1, 'starts')?.[0], parameter(2, 'ends')?.[0], parameter(4, 'steps')?.[0] ?? 1];
  if (start === undefined || end === undefined) return undefined;
  const values = numbersOf(input);
  return int64Tensor(slicedIndices(values.length, start, end, step).map((index) => values[index] ?? 0));
}

function arithmetic(
  inputs: readonly (Tensor | undefined)[],
  operation: (a: number, b: number) => number,
): Tensor | undefined {
  const [a, b] = inputs;
  if (a?.type !== 'int64' || b?.type !== 'int64') return undefined;
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const length = Math.max(left.length, right.length);
  if (left.length !== length && left.length !== 1) return undefined;
  if (right.length !== length && right.length !== 1) return undefined;
  const values = Array.from({ length }, (_, i) =>
    operation(left[left.length === 1 ? 0 : i] ?? 0, right[right.length === 1 ? 0 : i] ?? 0),
  );
  return integers('int64', a.dims.length >= b.dims.length ? a.dims : b.dims, values);
}

function onVectors(
  inputs: readonly (Tensor | undefined)[],
  join: (vectors: number[][]) => number[] | undefined,
): Tensor | undefined {
  const vectors = inputs.filter((input) => input?.type === 'int64' && input.dims.length === 1);
  if (vectors.length !== inputs.length) return undefined;
  const joined = join(vectors.map((vector) => (vector === undefined ? [] : numbersOf(vector))));
  return joined === undefined ? undefined : int64Tensor(joined);
}

function reshaped(input: Tensor | undefined, dims: (dims: readonly number[]) => number[]): Tensor | undefined {
  return input === undefined ? undefined : { ...input, dims: dims(input.dims) };
}

function integers(type: Extract<ElementType, 'int32' | 'int64'>, dims: readonly number[], values: number[]): Tensor {
  return type === 'int64'
    ? { type, dims, data: BigInt64Array.from(values, BigInt) }
    : { type, dims, data: Int32Array.from(values) };
}

function axisOf(node: GraphNode): number {
  return intAttribute(node, 'axis', 0);
}
