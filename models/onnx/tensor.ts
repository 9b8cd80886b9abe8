import { create } from '@bufbuild/protobuf';
import { OnnxError } from './errors.ts';
import { float16ToFloat32 } from './float16.ts';
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from './generated/onnx_pb.js';

interface Typed<Type extends string, Data> {
  readonly type: Type;
  /** Row-major; empty for a scalar. */
  readonly dims: readonly number[];
  readonly data: Data;
}

/** A constant of a graph. float16 holds the numbers' bits, bool holds 0 and 1. */
export type Tensor =
  | Typed<'float32', Float32Array>
  | Typed<'float64', Float64Array>
  | Typed<'float16', Uint16Array>
  | Typed<'int8', Int8Array>
  | Typed<'uint8', Uint8Array>
  | Typed<'uint16', Uint16Array>
  | Typed<'int32', Int32Array>
  | Typed<'int64', BigInt64Array>
  | Typed<'bool', Uint8Array>;

export type ElementType = Tensor['type'];

/** ONNX's numbers for element types (TensorProto.DataType). */
export const ELEMENT_CODES = {
  float32: 1,
  uint8: 2,
  uint16: 4,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
} as const satisfies Record<ElementType, number>;

const typeOfCode = new Map<number, ElementType>([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
]);

/** @returns The element type of ONNX's number for it, or undefined for one that no network of the family uses. */
export function elementType(code: number): ElementType | undefined {
  return typeOfCode.get(code);
}

/** How many elements a shape holds; 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor. `data` is taken, not copied. */
export function float32Tensor(dims: readonly number[], data: Float32Array): Typed<'float32', Float32Array> {
  if (data.length !== elementCount(dims)) {
    throw new OnnxError('bad_shape', `Expected ${elementCount(dims)} values for [${dims}], got ${data.length}`);
  }
  return { type: 'float32', dims, data };
}

/** A one-dimensional int64 tensor, which is how ONNX passes shapes, axes and sizes. */
export function int64Tensor(values: readonly number[]): Tensor {
  return { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/**
 * A tensor's values as plain numbers, float16 decoded. For the short ones: shapes, axes, scales.
 * int64 beyond 2^53 loses precision, which is fine for ONNX's "to the end" markers.
 */
export function numbersOf(tensor: Tensor): number[] {
  if (tensor.type === 'float16') return Array.from(float16ToFloat32(tensor.data));
  if (tensor.type === 'int64') return Array.from(tensor.data, Number);
  return Array.from(tensor.data);
}

/** A floating tensor's values as float32; the very same array where it is float32 already. @throws {OnnxError} for integers. */
export function floatsOf(tensor: Tensor, name: string): Float32Array {
  if (tensor.type === 'float32') return tensor.data;
  if (tensor.type === 'float16') return float16ToFloat32(tensor.data);
  if (tensor.type === 'float64') return Float32Array.from(tensor.data);
  throw new OnnxError('unsupported_type', `Expected floating-point values for ${name}, got ${tensor.type}`);
}

/** Reads a tensor from its message, from raw bytes or from the typed fields. @throws {OnnxError} naming the tensor. */
export function tensorFromProto(proto: TensorProto): Tensor {
  const name = proto.name === '' ? 'a constant' : `constant ${proto.name}`;
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    throw new OnnxError(
      'external_data',
      `Expected the weights of ${name} inside the file, got external data: save the model with its weights in one file`,
    );
  }
  const dims = proto.dims.map(Number);
  const type = elementType(proto.dataType);
  if (type === undefined) {
    throw new OnnxError('unsupported_type', `Expected a numeric element type for ${name}, got type ${proto.dataType}`);
  }
  const tensor = { dims, ...(proto.rawData.length > 0 ? fromRaw(type, proto.rawData) : fromFields(type, proto)) };
  if (tensor.data.length !== elementCount(dims)) {
    throw new OnnxError(
      'bad_shape',
      `Expected ${elementCount(dims)} values for ${name} [${dims}], got ${tensor.data.length}: the file is damaged`,
    );
  }
  return tensor;
}

/** Writes a tensor as a message with raw bytes. */
export function tensorToProto(name: string, tensor: Tensor): TensorProto {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return create(TensorProtoSchema, {
    name,
    dims: tensor.dims.map(BigInt),
    dataType: ELEMENT_CODES[tensor.type],
    rawData: new Uint8Array(buffer, byteOffset, byteLength),
  });
}

type Values = { [T in Tensor as T['type']]: Pick<T, 'type' | 'data'> }[ElementType];

/** ONNX files are little-endian, as is every machine Node runs on. */
function fromRaw(type: ElementType, raw: Uint8Array): Values {
  // Not raw.slice(): on a Buffer that would be a view, and weights must start at a multiple of their width.
  const buffer = new Uint8Array(raw).buffer;
  const whole = (width: number): number => Math.floor(raw.length / width);
  switch (type) {
    case 'float32':
      return { type, data: new Float32Array(buffer, 0, whole(4)) };
    case 'float64':
      return { type, data: new Float64Array(buffer, 0, whole(8)) };
    case 'float16':
    case 'uint16':
      return { type, data: new Uint16Array(buffer, 0, whole(2)) };
    case 'int8':
      return { type, data: new Int8Array(buffer) };
    case 'uint8':
    case 'bool':
      return { type, data: new Uint8Array(buffer) };
    case 'int32':
      return { type, data: new Int32Array(buffer, 0, whole(4)) };
    case 'int64':
      return { type, data: new BigInt64Array(buffer, 0, whole(8)) };
  }
}

/** The small integer types and float16's bits all travel in int32_data. */
function fromFields(type: ElementType, proto: TensorProto): Values {
  switch (type) {
    case 'float32':
      return { type, data: Float32Array.from(proto.floatData) };
    case 'float64':
      return { type, data: Float64Array.from(proto.doubleData) };
    case 'float16':
    case 'uint16':
      return { type, data: Uint16Array.from(proto.int32Data) };
    case 'int8':
      return { type, data: Int8Array.from(proto.int32Data) };
    case 'uint8':
    case 'bool':
      return { type, data: Uint8Array.from(proto.int32Data) };
    case 'int32':
      return { type, data: Int32Array.from(proto.int32Data) };
    case 'int64':
      return { type, data: BigInt64Array.from(proto.int64Data) };
  }
}
