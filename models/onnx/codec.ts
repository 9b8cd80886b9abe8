import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { OnnxError } from './errors.ts';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.js';
import { describe, type Graph, type GraphNode, type GraphValue } from './graph.ts';
import { ELEMENT_CODES, elementType, type Tensor, tensorFromProto, tensorToProto } from './tensor.ts';

/** Opsets whose operators keep the meaning this workshop knows. */
const OPSET_RANGE = [9, 22] as const;

/** IR version written into graphs that were made here rather than read: what onnxruntime has read since 1.15. */
const NEW_IR_VERSION = 8n;

/** The message a tensor was read from, so that one that was left alone is written as it came. */
const wireOf = new WeakMap<Tensor, TensorProto>();

/**
 * Reads an ONNX file into a graph. Nothing is lost: an untouched graph encodes to the same bytes again.
 *
 * @param file What to call the file in messages. @throws {OnnxError} when the bytes are no ONNX model, when weights lie
 * outside the file, or when the graph does not hang together, which is how most truncated files show themselves.
 */
export function decodeModel(bytes: Uint8Array, file = 'the model'): Graph {
  const wire = parse(bytes, file);
  const proto = wire.graph;
  if (proto === undefined || proto.node.length === 0) {
    throw new OnnxError('not_onnx', `Expected an ONNX graph in ${file}, got ${bytes.length} bytes without one`);
  }
  try {
    const constants = new Map(proto.initializer.map((tensor) => [tensor.name, readTensor(tensor)]));
    const graph: Graph = {
      name: proto.name,
      opset: opsetOf(wire),
      inputs: proto.input.filter((value) => !constants.has(value.name)).map(valueFromProto),
      outputs: proto.output.map(valueFromProto),
      nodes: proto.node.map(nodeFromProto),
      constants,
      hints: proto.valueInfo,
      wire,
    };
    assertConnected(graph);
    return graph;
  } catch (error) {
    if (error instanceof OnnxError) throw new OnnxError(error.code, `${error.message} (in ${file})`, { cause: error });
    throw error;
  }
}

/** Writes a graph as an ONNX file. The same graph always gives the same bytes. */
export function encodeModel(graph: Graph): Uint8Array {
  const wire =
    graph.wire ??
    create(ModelProtoSchema, { irVersion: NEW_IR_VERSION, opsetImport: [{ version: BigInt(graph.opset) }] });
  const proto: GraphProto = revised(wire.graph ?? create(GraphProtoSchema), {
    name: graph.name,
    node: graph.nodes.map(nodeToProto),
    initializer: [...graph.constants].map(([name, tensor]) => writeTensor(name, tensor)),
    input: inputsToProto(graph),
    output: graph.outputs.map(valueToProto),
    valueInfo: [...graph.hints],
  });
  return toBinary(ModelProtoSchema, revised(wire, { graph: proto }));
}

/** A copy of a message with some fields set anew. The prototype carries proto2's defaults, so a spread would lose them. */
function revised<Message extends object>(message: Message, fields: Partial<Message>): Message {
  return Object.assign(Object.create(Object.getPrototypeOf(message)), message, fields);
}

function parse(bytes: Uint8Array, file: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw new OnnxError('not_onnx', `Expected an ONNX model in ${file}, got bytes that are none or end too early`, {
      cause,
    });
  }
}

function opsetOf(wire: ModelProto): number {
  const own = wire.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const version = Number(own?.version ?? 0n);
  const [lowest, highest] = OPSET_RANGE;
  if (version < lowest || version > highest) {
    throw new OnnxError('unsupported_opset', `Expected opset ${lowest} to ${highest} for the model, got ${version}`);
  }
  return version;
}

function readTensor(proto: TensorProto): Tensor {
  const tensor = tensorFromProto(proto);
  wireOf.set(tensor, proto);
  return tensor;
}

function writeTensor(name: string, tensor: Tensor): TensorProto {
  const wire = wireOf.get(tensor);
  return wire?.name === name ? wire : tensorToProto(name, tensor);
}

function nodeFromProto(wire: NodeProto): GraphNode {
  return {
    name: wire.name,
    op: wire.domain === '' || wire.domain === 'ai.onnx' ? wire.opType : `${wire.domain}.${wire.opType}`,
    inputs: wire.input,
    outputs: wire.output,
    attributes: new Map(wire.attribute.map((attribute) => [attribute.name, attribute])),
    wire,
  };
}

function nodeToProto(node: GraphNode): NodeProto {
  const dot = node.op.lastIndexOf('.');
  const domain = dot < 0 ? (node.wire?.domain ?? '') : node.op.slice(0, dot);
  const message = revised(node.wire ?? create(NodeProtoSchema), {
    input: [...node.inputs],
    output: [...node.outputs],
    opType: node.op.slice(dot + 1),
    attribute: [...node.attributes.values()],
  });
  // Setting a field to '' would write an empty field that the file may not have had.
  if (domain !== message.domain) message.domain = domain;
  if (node.name !== message.name) message.name = node.name;
  return message;
}

function valueFromProto(wire: ValueInfoProto): GraphValue {
  const tensor = wire.type?.value;
  const type = tensor?.case === 'tensorType' ? elementType(tensor.value.elemType) : undefined;
  if (tensor?.case !== 'tensorType' || type === undefined) {
    throw new OnnxError('unsupported_type', `Expected a numeric tensor for ${wire.name}, got another kind of value`);
  }
  const dims = tensor.value.shape?.dim.map(({ value }, index) =>
    value.case === 'dimValue' ? Number(value.value) : value.value || `${wire.name}_${index}`,
  );
  return { name: wire.name, type, dims, wire };
}

function valueToProto(value: GraphValue): ValueInfoProto {
  if (value.wire !== undefined) return value.wire;
  const dim = value.dims?.map((size) => ({
    value:
      typeof size === 'number'
        ? { case: 'dimValue' as const, value: BigInt(size) }
        : { case: 'dimParam' as const, value: size },
  }));
  const tensor = { elemType: ELEMENT_CODES[value.type], ...(dim === undefined ? {} : { shape: { dim } }) };
  return create(ValueInfoProtoSchema, {
    name: value.name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensor } }),
  });
}

/** In the file's own order, because older files list constants among the inputs. */
function inputsToProto(graph: Graph): ValueInfoProto[] {
  const listed = (graph.wire?.graph?.input ?? []).filter(({ name }) => graph.constants.has(name));
  if (listed.length === 0) return graph.inputs.map(valueToProto);
  const order = new Map((graph.wire?.graph?.input ?? []).map(({ name }, index) => [name, index]));
  return [...graph.inputs.map(valueToProto), ...listed].sort(
    (a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0),
  );
}

function assertConnected(graph: Graph): void {
  const known = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys(), '']);
  for (const output of graph.nodes.flatMap((node) => node.outputs)) known.add(output);
  for (const node of graph.nodes) {
    const missing = node.inputs.find((input) => !known.has(input));
    if (missing !== undefined) {
      throw new OnnxError(
        'bad_graph',
        `Expected ${describe(node)} to read a value that is there, got ${missing}, which nothing makes`,
      );
    }
  }
  const lost = graph.outputs.find(({ name }) => !known.has(name));
  if (graph.outputs.length === 0 || lost !== undefined) {
    throw new OnnxError('bad_graph', `Expected an output that a node makes, got ${lost?.name ?? 'no output at all'}`);
  }
}
