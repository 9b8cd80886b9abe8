import { create } from '@bufbuild/protobuf';
import { type AttributeProto, AttributeProto_AttributeType, AttributeProtoSchema } from './generated/onnx_pb.js';
import type { GraphNode } from './graph.ts';
import { type Tensor, tensorFromProto, tensorToProto } from './tensor.ts';

export type Attribute = AttributeProto;

/** A node's integer attribute. */
export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute === undefined ? fallback : Number(attribute.i);
}

/** A node's floating-point attribute. */
export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  return node.attributes.get(name)?.f ?? fallback;
}

/** A node's list of integers, or undefined where it has none, since ONNX's defaults depend on the rank. */
export function intsAttribute(node: GraphNode, name: string): number[] | undefined {
  return node.attributes.get(name)?.ints.map(Number);
}

/** A node's list of floating-point numbers. */
export function floatsAttribute(node: GraphNode, name: string): number[] | undefined {
  return node.attributes.get(name)?.floats;
}

/** A node's text attribute. */
export function stringAttribute(node: GraphNode, name: string, fallback: string): string {
  const attribute = node.attributes.get(name);
  return attribute === undefined ? fallback : new TextDecoder().decode(attribute.s);
}

/** A node's constant attribute. */
export function tensorAttribute(node: GraphNode, name: string): Tensor | undefined {
  const proto = node.attributes.get(name)?.t;
  return proto === undefined ? undefined : tensorFromProto(proto);
}

/** What a new node's attribute may be made from: integers unless said otherwise. */
export type AttributeValue = number | readonly number[] | string | { readonly float: number } | Tensor;

/** Makes the attributes of a new node, e.g. `attributes({ kernel_shape: [3, 3], group: 1, epsilon: { float: 1e-5 } })`. */
export function attributes(values: Readonly<Record<string, AttributeValue>>): Map<string, Attribute> {
  return new Map(Object.entries(values).map(([name, value]) => [name, attribute(name, value)]));
}

function attribute(name: string, value: AttributeValue): Attribute {
  const Type = AttributeProto_AttributeType;
  if (typeof value === 'number') return create(AttributeProtoSchema, { name, type: Type.INT, i: BigInt(value) });
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, { name, type: Type.STRING, s: new TextEncoder().encode(value) });
  }
  if ('float' in value) return create(AttributeProtoSchema, { name, type: Type.FLOAT, f: value.float });
  if ('dims' in value) return create(AttributeProtoSchema, { name, type: Type.TENSOR, t: tensorToProto('', value) });
  return create(AttributeProtoSchema, { name, type: Type.INTS, ints: value.map(BigInt) });
}
